-- Reads one queue for `store check`.
--
-- KEYS     the eight keys of the queue, as queueKeys() in keys.ts returns them
-- ARGV[1]  summary, event_ids or locations, then its arguments as described below

local ready, events, leases, later, _, consumers, queues, timers = unpack(KEYS)

-- The field of `events` that holds the record of policy and pause.
local POLICY_FIELD = ''

-- summary
--   arguments  name of the queue
--   result     at one moment: number of ready ids, of values of events, of leases, of instances with consumers; 1 if
--              it has a policy record; 1 if it is active; 1 if it has a timer; 1 if a timer that is needed exists, and
--              is not later than the first lease or entry of `later`
local function summary(name)
  local timer = redis.call('ZSCORE', timers, name)
  local first_due = math.huge
  for _, times in ipairs({ leases, later }) do
    first_due = math.min(first_due, tonumber(redis.call('ZRANGE', times, 0, 0, 'WITHSCORES')[2]) or math.huge)
  end
  local instances = redis.call('HLEN', consumers)
  local has_record = redis.call('HEXISTS', events, POLICY_FIELD)
  local due_in_time = first_due == math.huge or (timer and tonumber(timer) <= first_due)
  return {
    redis.call('LLEN', ready),
    redis.call('HLEN', events) - has_record,
    redis.call('ZCARD', leases),
    instances,
    has_record,
    redis.call('SISMEMBER', queues, name),
    timer and 1 or 0,
    due_in_time and (instances == 0 or timer) and 1 or 0,
  }
end

-- event_ids
--   arguments  cursor of HSCAN, approximate number of ids
--   result     next cursor, bytes of the values, ids
local function event_ids(cursor, count)
  local step = redis.call('HSCAN', events, cursor, 'COUNT', count)
  local ids, bytes = {}, 0
  for i = 1, #step[2], 2 do
    if step[2][i] ~= POLICY_FIELD then
      ids[#ids + 1] = step[2][i]
      bytes = bytes + #step[2][i + 1]
    end
  end
  return { step[1], bytes, ids }
end

-- locations
--   arguments  ids
--   result     for each id the sum of 1 if `events` holds it, 2 if it is leased, and 4 if it is ready or 8 if delayed
--
-- Most of these ids were pushed or requeued just now, and stand near an end of the ready list.
local function locations(...)
  local found = {}
  for i, id in ipairs({ ... }) do
    local location = redis.call('HEXISTS', events, id) + (redis.call('ZSCORE', leases, id) and 2 or 0)
    local delays = redis.call('ZMSCORE', later, 'l' .. id, 'r' .. id)
    if delays[1] or delays[2] then
      location = location + 8
    elseif location < 2 then
      local near = redis.call('LPOS', ready, id, 'MAXLEN', 1000)
      location = location + ((near or redis.call('LPOS', ready, id, 'RANK', -1)) and 4 or 0)
    end
    found[i] = location
  end
  return found
end

return ({ summary = summary, event_ids = event_ids, locations = locations })[ARGV[1]](unpack(ARGV, 2))
