-- Delivers ready events. A value in a result is the event's header and contents.

-- peek_left, peek_right
--   result     id and value of the event at that end, or false
local function peek(list_pop, list_index, queue, n)
  for _ = 1, n do
    local id, value
    repeat
      id = redis.call('LINDEX', queue.ready, list_index)
      value = id and redis.call('HGET', queue.events, id)
      local expired = value and is_expired(value)
      if expired then
        redis.call(list_pop, queue.ready)
        remove_events(queue, { id })
        add_count(queue, EXPIRED, 1)
      end
    until not expired
    add_result(id)
    if id then
      add_result(value)
    end
  end
end

-- Takes up to n events off the right end of the ready list and returns their ids and values. Removes expired ones.
-- Reads the pause with the first events: a paused queue gets them back.
local function take_ready(queue, n)
  local ids, values = {}, {}
  while #ids < n do
    local popped = redis.call('RPOP', queue.ready, n - #ids) or {}
    if #popped == 0 then
      break
    end
    local popped_values = values_of(queue, popped)
    if is_paused(queue) then
      local left_to_right = {}
      for i = 1, #popped do
        left_to_right[#popped + 1 - i] = popped[i]
      end
      redis.call('RPUSH', queue.ready, unpack(left_to_right))
      break
    elseif queue.policy.paused_until ~= 0 then
      import('policy').resume_queue(queue) -- the pause is over, but the reclaimer has not ended it yet
    end
    local expired = {}
    for i = 1, #popped do
      local value = popped_values[i]
      if not value or (byte(value, EXPIRES_FLAG) ~= 0 and is_expired(value)) then
        expired[#expired + 1] = popped[i]
      end
    end
    if #expired == 0 and #ids == 0 then
      return popped, popped_values
    end
    for i = 1, #popped do
      if popped_values[i] and not is_expired(popped_values[i]) then
        ids[#ids + 1] = popped[i]
        values[#ids] = popped_values[i]
      end
    end
    if #expired > 0 then
      remove_events(queue, expired)
      add_count(queue, EXPIRED, #expired)
    end
  end
  return ids, values
end

-- Leases taken events for `lease` ms, or for the policy's lease if it is -1; removes them if it is 0.
local function lease_events(queue, ids, lease)
  if #ids == 0 then
    return
  end
  if lease < 0 then
    lease = policy_of(queue).lease
  end
  if lease > 0 then
    local deadline = now + lease
    local leases = {}
    for i = 1, #ids do
      leases[2 * i - 1] = deadline
      leases[2 * i] = ids[i]
    end
    redis.call('ZADD', queue.leases, unpack(leases))
    check_by(queue, deadline)
  else
    remove_events(queue, ids)
    add_count(queue, ACKED, #ids)
  end
end

-- pop
--   parameter  lease (ms); 0 to remove the event at once, -1 for the policy's lease
--   result     id and value, or false
local function pop(queue, n, lease)
  local ids, values = take_ready(queue, n)
  for i = 1, #ids do
    results[result_count + 1] = ids[i]
    results[result_count + 2] = values[i]
    result_count = result_count + 2
  end
  for _ = #ids + 1, n do
    add_result(false)
  end
  lease_events(queue, ids, lease)
end

-- claim
--   arguments  maximum number of events
--   parameter  lease, as of pop
--   result     number of events; of each: id, value, number of failed deliveries
local function claim(queue, n, lease, args, first)
  purge_removed(queue)
  for i = first, first + n - 1 do
    local ids, values = take_ready(queue, args[i])
    add_result(#ids)
    local failed = #ids > 0 and redis.call('HMGET', queue.failed, unpack(ids))
    for j = 1, #ids do
      add_result(ids[j])
      add_result(values[j])
      add_result(failed[j] and struct.unpack('>I2', failed[j]) or 0)
    end
    lease_events(queue, ids, lease)
  end
end

return {
  peek_left = function(queue, n)
    peek('LPOP', 0, queue, n)
  end,
  peek_right = function(queue, n)
    peek('RPOP', -1, queue, n)
  end,
  pop = pop,
  claim = claim,
}
