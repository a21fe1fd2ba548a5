-- Reads one queue for `store check`.
--
-- KEYS     queues, timers, instances, timetables and schedule, then the twelve keys of the queue, as queueKeys() in
--          keys.ts returns them
-- ARGV[1]  an operation of those below, then its arguments

local queues, timers, instances, timetables, schedule = unpack(KEYS)
local ready, events, large, leases, later, _, tombstones, flushed, consumers, groups, blocked, done = unpack(KEYS, 6)

-- The field of `events` that holds the record of policy and pause.
local POLICY_FIELD = ''

-- The byte of an event's value that contains LARGE if its contents have a key of their own, and GROUPED if it has a
-- group: script/lua/prelude.lua.
local FLAGS, EXPIRES, LARGE, GROUPED = 10, 1, 2, 4

-- Returns a field of the record: how long ids are remembered is behind six others, the number of tombstones behind ten,
-- that of timetables behind twelve, as script/lua/queue.lua describes it.
local REMEMBER, TOMBSTONES, TIMETABLES = 6, 10, 12
local function number_in_record(position)
  local record = redis.call('HGET', events, POLICY_FIELD)
  return record and tonumber(record:match('^' .. ('%S+ '):rep(position) .. '(%d+) ')) or 0
end

-- Returns the number of instances with consumers that are alive, or that another one will remove.
local function number_of_instances()
  local number = 0
  for _, instance in ipairs(redis.call('HKEYS', consumers)) do
    number = number + (redis.call('ZSCORE', instances, instance) and 1 or 0)
  end
  return number
end

-- Places of events in their groups, and the states of these: script/lua/groups.lua.
local NOT_JOINED, OUTSIDE, STATE = '\0\0\0\0\0\0', '\0\0\0\0\0\1', '>I4I4I4I6I6'

-- Returns the key of the group that an event has joined, and its field in `blocked` if it is blocked; or nothing.
local function joined(value)
  local flags = value and value:byte(FLAGS) or 0
  if flags % (2 * GROUPED) >= GROUPED then
    local place, key = struct.unpack('>c6I2c0', value, FLAGS + 1 + flags % (2 * EXPIRES) * 6)
    if place ~= NOT_JOINED and place ~= OUTSIDE then
      return key, key .. place
    end
  end
end

-- Returns whether an event is blocked, and the key of the group that it has joined, if any.
local function is_blocked(id, value)
  local key, field = joined(value)
  return key and redis.call('HGET', blocked, field) == id, key
end

-- summary
--   arguments  name of the queue
--   result     at one moment: number of ready events, of values of events, of leases, of instances with consumers; 1 if
--              it has a policy record; 1 if it is active; 1 if it has a timer; 1 if a timer that is needed exists, and
--              is not later than the first lease or entry of `later` and `done`, or now; number of contents that a
--              flush has left; number of blocked events; number of groups; number of timetables in the record; number
--              of remembered ids without a policy that remembers them
local function summary(name)
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local timer = redis.call('ZSCORE', timers, name)
  local first_due = math.huge
  for _, times in ipairs({ leases, later, done }) do
    first_due = math.min(first_due, tonumber(redis.call('ZRANGE', times, 0, 0, 'WITHSCORES')[2]) or math.huge)
  end
  local has_record = redis.call('HEXISTS', events, POLICY_FIELD)
  local due_in_time = first_due == math.huge or (timer and tonumber(timer) <= math.max(first_due, now))
  return {
    redis.call('LLEN', ready) - number_in_record(TOMBSTONES),
    redis.call('HLEN', events) - has_record,
    redis.call('ZCARD', leases),
    number_of_instances(),
    has_record,
    redis.call('SISMEMBER', queues, name),
    timer and 1 or 0,
    due_in_time and 1 or 0,
    redis.call('HLEN', flushed),
    redis.call('HLEN', blocked),
    redis.call('HLEN', groups),
    number_in_record(TIMETABLES),
    number_in_record(REMEMBER) == 0 and redis.call('ZCARD', done) or 0,
  }
end

-- event_ids
--   arguments  cursor of HSCAN, approximate number of ids
--   result     next cursor, ids that `events` holds, ids whose large contents are missing
local function event_ids(cursor, count)
  local step = redis.call('HSCAN', events, cursor, 'COUNT', count)
  local ids, without_contents = {}, {}
  for i = 1, #step[2], 2 do
    local id, value = step[2][i], step[2][i + 1]
    if id ~= POLICY_FIELD then
      ids[#ids + 1] = id
      if (value:byte(FLAGS) or 0) % (2 * LARGE) >= LARGE then
        local stored = redis.call('HGET', large, id) -- size (4 bytes) and token
        local key = stored and ready:match('^okq:{%d+}:') .. 'contents:' .. stored:sub(5)
        if not key or redis.call('PTTL', key) ~= -1 then
          without_contents[#without_contents + 1] = id
        end
      end
    end
  end
  return { step[1], ids, without_contents }
end

-- An entry of the ready list that is longer than any id is a tag, a stamp and an id: script/lua/ready_list.lua.
local MAX_ID, STAMP_BYTES = 1024, 9

-- ready_ids
--   arguments  number of entries on the right to skip, number of entries
--   result     number of entries read, ids of those that are no tombstones
local function ready_ids(skip, count)
  local entries = redis.call('LRANGE', ready, -skip - count, -skip - 1)
  local ids = {}
  for _, entry in ipairs(entries) do
    if #entry <= MAX_ID then
      if redis.call('SISMEMBER', tombstones, entry) == 0 then
        ids[#ids + 1] = entry
      end
    else
      local id = entry:sub(MAX_ID + STAMP_BYTES + 1)
      local value = redis.call('HGET', events, id)
      if value and value:sub(1, STAMP_BYTES) == entry:sub(MAX_ID + 1, MAX_ID + STAMP_BYTES) then
        ids[#ids + 1] = id
      end
    end
  end
  return { #entries, ids }
end

-- locations
--   arguments  ids
--   result     for each id the sum of 1 if `events` holds it, 2 if it is leased, and 4 if it is ready, 8 if delayed, or
--              16 if blocked
--
-- Most of these ids were pushed or requeued just now, and stand near an end of the ready list.
local function locations(...)
  local found = {}
  for i, id in ipairs({ ... }) do
    local value = redis.call('HGET', events, id)
    local location = (value and 1 or 0) + (redis.call('ZSCORE', leases, id) and 2 or 0)
    local delays = redis.call('ZMSCORE', later, 'l' .. id, 'r' .. id)
    if delays[1] or delays[2] then
      location = location + 8
    elseif is_blocked(id, value) then
      location = location + 16
    elseif location < 2 then
      local entry = id
      if redis.call('SISMEMBER', tombstones, id) == 1 and value then
        entry = ('\0'):rep(MAX_ID) .. value:sub(1, STAMP_BYTES) .. id
      end
      local near = redis.call('LPOS', ready, entry, 'MAXLEN', 1000)
      location = location + ((near or redis.call('LPOS', ready, entry, 'RANK', -1)) and 4 or 0)
    end
    found[i] = location
  end
  return found
end

-- blocked_ids
--   arguments  cursor of HSCAN, approximate number of ids
--   result     next cursor, ids of blocked events, entries of `blocked` without such an event
local function blocked_ids(cursor, count)
  local step = redis.call('HSCAN', blocked, cursor, 'COUNT', count)
  local ids, stray = {}, {}
  for i = 1, #step[2], 2 do
    local entry, id = step[2][i], step[2][i + 1]
    local _, field = joined(redis.call('HGET', events, id))
    if field == entry then
      ids[#ids + 1] = id
    else
      stray[#stray + 1] = entry
    end
  end
  return { step[1], ids, stray }
end

-- group_states
--   arguments  cursor of HSCAN, approximate number of groups
--   result     next cursor; for each group its key, its number of places held, how many of these are leased, and its
--              number of blocked events
local function group_states(cursor, count)
  local step = redis.call('HSCAN', groups, cursor, 'COUNT', count)
  local states = {}
  for i = 1, #step[2], 2 do
    local key = step[2][i]
    local held, out, number = struct.unpack(STATE, step[2][i + 1])
    for _, item in ipairs({ key, held, out, number }) do
      states[#states + 1] = item
    end
  end
  return { step[1], states }
end

-- places
--   arguments  cursor of HSCAN, approximate number of events
--   result     next cursor; for each event of a group its id, the key, and 0 if it holds a place, 1 if it does and is
--              leased, or 2 if it is blocked
local function places(cursor, count)
  local step = redis.call('HSCAN', events, cursor, 'COUNT', count)
  local found = {}
  for i = 1, #step[2], 2 do
    local id = step[2][i]
    local blocked_here, key = is_blocked(id, id ~= POLICY_FIELD and step[2][i + 1])
    if key then
      local state = blocked_here and 2 or redis.call('ZSCORE', leases, id) and 1 or 0
      for _, item in ipairs({ id, key, state }) do
        found[#found + 1] = item
      end
    end
  end
  return { step[1], found }
end

-- timetable
--   arguments  field of `timetables`, as script/lua/timetables.lua describes it
--   result     1 if it has a record; 1 if it has a next time
local function timetable(field)
  return { redis.call('HEXISTS', timetables, field), redis.call('ZSCORE', schedule, field) and 1 or 0 }
end

local operations = {
  summary = summary,
  event_ids = event_ids,
  ready_ids = ready_ids,
  locations = locations,
  blocked_ids = blocked_ids,
  group_states = group_states,
  places = places,
  timetable = timetable,
}

return operations[ARGV[1]](unpack(ARGV, 2))
