-- ready: (nothing); returns the number of ready events, 0 if the queue is paused
local function ready(queue, n)
  local length = redis.call('LLEN', queue.ready)
  if length > 0 and is_paused(queue) then
    length = 0
  end
  for _ = 1, n do
    answer(length)
  end
end

-- How many consumers there are, which instances are to be forgotten, and when the next is (ms, or nil).
local function consumers_of(queue)
  local total, stale, soonest = 0, {}, nil
  local fields = redis.call('HGETALL', queue.consumers)
  for i = 1, #fields, 2 do
    local count, forgotten_at = fields[i + 1]:match('^(%d+):(%d+)$')
    forgotten_at = tonumber(forgotten_at)
    if forgotten_at > now then
      total = total + count
      soonest = math.min(soonest or forgotten_at, forgotten_at)
    else
      stale[#stale + 1] = fields[i]
    end
  end
  return total, stale, soonest
end

-- status: (nothing); returns total, processing, consumers, ready events, the age of the one that is next to be popped
-- (ms), and 1 if the queue is paused
local function status(queue, n)
  for _ = 1, n do
    local id = redis.call('LINDEX', queue.ready, -1)
    local value = id and redis.call('HGET', queue.events, id)
    answer(total_of(queue))
    answer(redis.call('ZCARD', queue.leases))
    answer((consumers_of(queue)))
    answer(redis.call('LLEN', queue.ready))
    answer(value and age_of(value) or 0)
    answer(is_paused(queue) and 1 or 0)
  end
end

-- register: instance, consumers, parameter how long they count in ms; returns 1
local function register(queue, n, ttl, ops, first)
  for i = first, first + 2 * n - 2, 2 do
    local instance, count = ops[i], tonumber(ops[i + 1])
    if count > 0 then
      redis.call('HSET', queue.consumers, instance, string.format('%d:%.0f', count, now + ttl))
      redis.call('SADD', queue.active, name_of(queue.ready))
      look_by(queue, now + ttl)
    else
      redis.call('HDEL', queue.consumers, instance)
      queue.lost = true
    end
    answer(1)
  end
end
