-- policy: (nothing); returns the record, or false
local function policy(queue, n)
  for _ = 1, n do
    answer(redis.call('HGET', queue.events, RECORD))
  end
end

-- set_policy: a record in which ~ stands for what does not change; returns 1
local function set_policy(queue, n, _, ops, first)
  for i = first, first + n - 1 do
    local said = read_record(ops[i])
    if said.dead_queue == '~' then
      said.dead_queue = nil
    end
    change(queue, said)
    answer(1)
  end
end

-- pause: parameter for how many ms, 0 until it is resumed; returns 1
local function pause(queue, n, duration)
  for _ = 1, n do
    change(queue, { paused_until = duration > 0 and now + duration or -1 })
    if duration > 0 then
      redis.call('ZADD', queue.later, now + duration, RESUME)
      look_by(queue, now + duration)
    else
      redis.call('ZREM', queue.later, RESUME)
    end
    answer(1)
  end
end

-- resume: (nothing); returns 1
local function resume(queue, n)
  for _ = 1, n do
    hand_out_again(queue)
    answer(1)
  end
end

-- flush: (nothing); returns 1
local function flush(queue, n)
  local kept = policy_of(queue)
  redis.call('UNLINK', queue.ready, queue.events, queue.leases, queue.later, queue.failed)
  queue.gone = {}
  queue.lost = true
  if kept ~= NO_POLICY then
    save(queue, kept)
    if kept.paused_until > 0 then
      redis.call('ZADD', queue.later, kept.paused_until, RESUME)
    end
  end
  for _ = 1, n do
    answer(1)
  end
end
