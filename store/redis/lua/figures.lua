-- flush: (nothing); returns 1
local function flush(queue, n)
  redis.call('UNLINK', queue.ready, queue.events, queue.leases, queue.later, queue.failed)
  queue.gone = {}
  queue.lost = true
  for _ = 1, n do
    answer(1)
  end
  return 0
end

-- ready: (nothing); returns the number of ready events
local function ready(queue, n)
  local length = redis.call('LLEN', queue.ready)
  for _ = 1, n do
    answer(length)
  end
  return 0
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

-- status: (nothing); returns total, processing, consumers
local function status(queue, n)
  for _ = 1, n do
    answer(redis.call('HLEN', queue.events))
    answer(redis.call('ZCARD', queue.leases))
    answer((consumers_of(queue)))
  end
  return 0
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
