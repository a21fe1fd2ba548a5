-- Which of these events are new: of several with one id the first, and no more than the queue has room for. Answers for
-- all, and returns the ids of the new ones, which `events` holds by then.
local function pick(queue, ids, fields, held)
  local room = queue.policy.max_length > 0 and the_rest().room_in(queue) or math.huge
  local fresh, count, kept, seen = {}, 0, {}, {}
  for i = 1, #ids do
    local id, value = ids[i], held[i]
    if value and not seen[id] and drop_if_over(queue, id, value) then
      value, room = false, room + 1
    end
    if value or seen[id] then
      answer(0)
    elseif count >= room then
      answer({ 'FULL' })
    else
      seen[id] = true
      count = count + 1
      fresh[count] = id
      kept[2 * count - 1], kept[2 * count] = id, fields[2 * i]
      answer(1)
    end
  end
  if count > 0 then
    redis.call('HSET', queue.events, unpack(kept))
  end
  return fresh
end

-- push: id, contents; returns 1, or 0 if the queue holds the id already, or the error FULL if it holds as many as its
-- policy allows
--
-- Mostly all events are new, and HSET tells whether they were. Of an id that came twice it has kept the second
-- contents: pick() puts the first in their place.
local function push(list_push)
  return function(queue, n, _, ops, first)
    local ids, fields, known = {}, {}, false
    local head = birth() .. '\0'
    for i = 1, n do
      local id = ops[first + 2 * i - 2]
      ids[i], fields[2 * i - 1], fields[2 * i] = id, id, head .. ops[first + 2 * i - 1]
    end
    local held = held_of(queue, ids)
    for i = 1, n do
      known = known or held[i]
    end
    if known or queue.policy.max_length > 0 or redis.call('HSET', queue.events, unpack(fields)) < n then
      ids = pick(queue, ids, fields, held)
    else
      for i = 1, n do
        out[size + i] = 1
      end
      size = size + n
    end
    if #ids > 0 then
      if redis.call(list_push, queue.ready, unpack(ids)) == #ids then
        redis.call('SADD', queue.active, name_of(queue.ready))
      end
      queue.woke = queue.woke + #ids
      tally(queue, PUSHED, #ids)
    end
  end
end

return { [1] = push('LPUSH'), [2] = push('RPUSH') }
