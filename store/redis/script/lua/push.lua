-- Stores the new ones of the pushed events while there is room; of several with one id the first. Adds a result for
-- each and returns the ids of the new ones. `fields` holds id and value in turn, `values` what is stored.
local function store_new(queue, ids, fields, values)
  local room = queue.policy.max_length > 0 and import('policy').room_in(queue) or math.huge
  local new_ids, count, new_fields, seen = {}, 0, {}, {}
  for i = 1, #ids do
    local id, value = ids[i], values[i]
    if value and not seen[id] and expire_if_due(queue, id, value) then
      value, room = false, room + 1
    end
    if value or seen[id] then
      add_result(0)
    elseif count >= room then
      add_result({ 'FULL' })
    else
      seen[id] = true
      count = count + 1
      new_ids[count] = id
      new_fields[2 * count - 1], new_fields[2 * count] = id, fields[2 * i]
      add_result(1)
    end
  end
  if count > 0 then
    redis.call('HSET', queue.events, unpack(new_fields))
  end
  return new_ids
end

-- push_left, push_right
--   arguments  id, contents
--   result     1; 0 if the queue already holds the id; the error FULL if the queue has its maximum length
--
-- Usually all events are new, as HSET replies. Where an id came twice, HSET has stored the second contents: store_new()
-- puts the first in their place.
local function push(list_push, queue, n, args, first)
  local ids, fields, any_known = {}, {}, false
  local header = new_stamp() .. '\0'
  for i = 1, n do
    local id = args[first + 2 * i - 2]
    ids[i], fields[2 * i - 1], fields[2 * i] = id, id, header .. args[first + 2 * i - 1]
  end
  local values = values_of(queue, ids)
  for i = 1, n do
    any_known = any_known or values[i]
  end
  if any_known or queue.policy.max_length > 0 or redis.call('HSET', queue.events, unpack(fields)) < n then
    ids = store_new(queue, ids, fields, values)
  else
    for i = 1, n do
      results[result_count + i] = 1
    end
    result_count = result_count + n
  end
  if #ids > 0 then
    if redis.call(list_push, queue.ready, unpack(ids)) == #ids then
      redis.call('SADD', queue.active, name_of(queue))
    end
    queue.became_ready = queue.became_ready + #ids
    add_count(queue, PUSHED, #ids)
  end
end

-- push_left_options, push_right_options
--   arguments  id, contents, time to live (ms) or 0
--   parameter  delay (ms) or 0
--   result     as of push_left
local function push_options(list_push, entry_kind, queue, n, delay, args, first)
  purge_removed(queue)
  local room_in = import('policy').room_in
  local stamp = new_stamp()
  for i = first, first + 3 * n - 3, 3 do
    local id, ttl = args[i], args[i + 2]
    local known = redis.call('HGET', queue.events, id)
    if known and not expire_if_due(queue, id, known) then
      add_result(0)
    elseif room_in(queue) <= 0 then
      add_result({ 'FULL' })
    else
      purge_removed(queue)
      local value = stamp .. '\0' .. args[i + 1]
      if ttl > 0 then
        value = stamp .. '\1' .. struct.pack('>I6', now + ttl) .. args[i + 1]
        redis.call('ZADD', queue.later, now + ttl, EXPIRE .. id)
        check_by(queue, now + ttl)
      end
      redis.call('HSET', queue.events, id, value)
      if delay > 0 then
        -- Slightly different times within a run, so that events become ready in the order of their pushes.
        local due = now_us / 1000 + delay + (i - first) / 3 / 4096
        redis.call('ZADD', queue.later, due, entry_kind .. id)
        check_by(queue, due)
      else
        redis.call(list_push, queue.ready, id)
        queue.became_ready = queue.became_ready + 1
      end
      redis.call('SADD', queue.active, name_of(queue))
      add_count(queue, PUSHED, 1)
      add_result(1)
    end
  end
end

return {
  push_left = function(queue, n, _, args, first)
    push('LPUSH', queue, n, args, first)
  end,
  push_right = function(queue, n, _, args, first)
    push('RPUSH', queue, n, args, first)
  end,
  push_left_options = function(queue, n, delay, args, first)
    push_options('LPUSH', ENTER_LEFT, queue, n, delay, args, first)
  end,
  push_right_options = function(queue, n, delay, args, first)
    push_options('RPUSH', ENTER_RIGHT, queue, n, delay, args, first)
  end,
}
