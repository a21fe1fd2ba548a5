-- push: id, contents; returns 1, or 0 if the queue holds the id already, or the error FULL if it holds as many as its
-- policy allows
local function push(list_push)
  return function(queue, n, _, ops, first)
    local ids = {}
    for i = 1, n do
      ids[i] = ops[first + 2 * i - 2]
    end
    local held, room = held_of(queue, ids), math.huge
    if queue.policy.max_length > 0 then
      room = the_rest().room_in(queue)
    end
    local fresh, count, fields, seen = {}, 0, {}, {}
    local head = birth() .. '\0'
    for i = 1, n do
      local id = ids[i]
      local over = held[i] and not seen[id] and drop_if_over(queue, id, held[i])
      if over then
        room = room + 1
      end
      if seen[id] or (held[i] and not over) then
        out[size + i] = 0
      elseif count >= room then
        out[size + i] = { 'FULL' }
      else
        seen[id] = true
        count = count + 1
        fresh[count] = id
        fields[2 * count - 1] = id
        fields[2 * count] = head .. ops[first + 2 * i - 1]
        out[size + i] = 1
      end
    end
    size = size + n
    if count > 0 then
      local length = redis.call(list_push, queue.ready, unpack(fresh))
      redis.call('HSET', queue.events, unpack(fields))
      if length == count then
        redis.call('SADD', queue.active, name_of(queue.ready))
      end
      queue.woke = queue.woke + count
      tally(queue, PUSHED, count)
    end
  end
end

return { [1] = push('LPUSH'), [2] = push('RPUSH') }
