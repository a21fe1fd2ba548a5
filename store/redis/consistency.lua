-- Looks at one queue, for `store check`. Changes nothing.
--
-- KEYS     the eight keys of the queue, as queueKeys() in keys.ts gives them
-- ARGV[1]  what to look at; further arguments and the reply are noted above each

local ready, events, leases, later, _, consumers, queues, timers = unpack(KEYS)

-- The field of `events` that is no event but the queue's policy, and whether it is paused.
local RECORD = ''

-- name of the queue: at one moment the number of ready ids, contents, leases and instances with consumers; 1 if it has
-- a policy or is paused; 1 if it is on record; 1 if it has a timer; 1 if that is there for consumers and not later than
-- what is due first
local function figures(name)
  local timer = redis.call('ZSCORE', timers, name)
  local first = math.huge
  for _, times in ipairs({ leases, later }) do
    first = math.min(first, tonumber(redis.call('ZRANGE', times, 0, 0, 'WITHSCORES')[2]) or math.huge)
  end
  local instances = redis.call('HLEN', consumers)
  local has_policy = redis.call('HEXISTS', events, RECORD)
  local in_time = (first == math.huge or (timer and tonumber(timer) <= first)) and (instances == 0 or timer)
  return {
    redis.call('LLEN', ready),
    redis.call('HLEN', events) - has_policy,
    redis.call('ZCARD', leases),
    instances,
    has_policy,
    redis.call('SISMEMBER', queues, name),
    timer and 1 or 0,
    in_time and 1 or 0,
  }
end

-- cursor, how many: next cursor, bytes of their contents, ids. The contents stay where they are.
local function ids(cursor, count)
  local step = redis.call('HSCAN', events, cursor, 'COUNT', count)
  local found, bytes = {}, 0
  for i = 1, #step[2], 2 do
    if step[2][i] ~= RECORD then
      found[#found + 1] = step[2][i]
      bytes = bytes + #step[2][i + 1]
    end
  end
  return { step[1], bytes, found }
end

-- ids: for each 1 if there are contents, and 2 if there is a lease, and 4 if it is ready or 8 if it is delayed. Most
-- that are looked for have just been pushed or have just come back, and stand near the ends.
local function places(...)
  local found = {}
  for i, id in ipairs({ ... }) do
    local place = redis.call('HEXISTS', events, id) + (redis.call('ZSCORE', leases, id) and 2 or 0)
    local delays = redis.call('ZMSCORE', later, 'l' .. id, 'r' .. id)
    if delays[1] or delays[2] then
      place = place + 8
    elseif place < 2 then
      local near = redis.call('LPOS', ready, id, 'MAXLEN', 1000)
      place = place + ((near or redis.call('LPOS', ready, id, 'RANK', -1)) and 4 or 0)
    end
    found[i] = place
  end
  return found
end

return ({ figures = figures, ids = ids, places = places })[ARGV[1]](unpack(ARGV, 2))
