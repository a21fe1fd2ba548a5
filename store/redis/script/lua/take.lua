-- peek: (nothing); returns id, contents behind their head, or false
local function peek(list_pop, place)
  return function(queue, n)
    for _ = 1, n do
      local id, value
      repeat
        id = redis.call('LINDEX', queue.ready, place)
        value = id and redis.call('HGET', queue.events, id)
        local over = value and is_over(value)
        if over then
          redis.call(list_pop, queue.ready)
          remove(queue, { id })
          tally(queue, EXPIRED, 1)
        end
      until not over
      answer(id)
      if id then
        answer(value)
      end
    end
  end
end

-- Takes up to n ready events off the right end. Returns their ids, and what `events` holds of each. Those whose time is
-- up are removed on the way. A queue that is paused gives none; it shows when the first are off.
local function take(queue, n)
  local ids, values = {}, {}
  while #ids < n do
    local popped = redis.call('RPOP', queue.ready, n - #ids) or {}
    if #popped == 0 then
      break
    end
    local held = held_of(queue, popped)
    if is_paused(queue) then
      local left_to_right = {}
      for i = 1, #popped do
        left_to_right[#popped + 1 - i] = popped[i]
      end
      redis.call('RPUSH', queue.ready, unpack(left_to_right))
      break
    elseif queue.policy.paused_until ~= 0 then
      the_rest().hand_out_again(queue) -- its time is up, and nobody has been here since
    end
    local over = {}
    for i = 1, #popped do
      local value = held[i]
      if not value or (byte(value, KIND) ~= 0 and is_over(value)) then
        over[#over + 1] = popped[i]
      end
    end
    if #over == 0 and #ids == 0 then
      return popped, held
    end
    for i = 1, #popped do
      if held[i] and not is_over(held[i]) then
        ids[#ids + 1] = popped[i]
        values[#ids] = held[i]
      end
    end
    if #over > 0 then
      remove(queue, over)
      tally(queue, EXPIRED, #over)
    end
  end
  return ids, values
end

-- Leases events, or removes them if the lease is 0 ms long. One of -1 is as long as the policy says.
local function lease_to(queue, ids, lease)
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
    look_by(queue, deadline)
  else
    remove(queue, ids)
    tally(queue, ACKED, #ids)
  end
end

-- pop: (nothing), parameter lease in ms, 0 to remove at once, -1 for the policy's; returns id, contents behind their
-- head, or false
local function pop(queue, n, lease)
  local ids, values = take(queue, n)
  for i = 1, #ids do
    out[size + 1] = ids[i]
    out[size + 2] = values[i]
    size = size + 2
  end
  for _ = #ids + 1, n do
    answer(false)
  end
  lease_to(queue, ids, lease)
end

-- claim: how many at the most, parameter lease as for pop; returns how many, and for each id, contents behind their
-- head, and how many deliveries before have ended
local function claim(queue, n, lease, ops, first)
  tidy(queue)
  for i = first, first + n - 1 do
    local ids, values = take(queue, ops[i])
    answer(#ids)
    local failed = #ids > 0 and redis.call('HMGET', queue.failed, unpack(ids))
    for j = 1, #ids do
      answer(ids[j])
      answer(values[j])
      answer(failed[j] and struct.unpack('>I2', failed[j]) or 0)
    end
    lease_to(queue, ids, lease)
  end
end

return { [3] = peek('LPOP', 0), [4] = peek('RPOP', -1), [5] = pop, [6] = claim }
