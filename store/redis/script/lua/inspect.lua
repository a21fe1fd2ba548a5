-- Reads the state of a queue and of its events.

local function age_of(value)
  return math.max(0, math.floor((now_us - struct.unpack('>I7', value)) / 1000))
end

-- ready
--   result     number of ready events that may be delivered: 0 if the queue is paused, as many as its limits allow
local function ready(queue, n)
  local length = modules.ready_list.length_of(queue)
  if length > 0 and is_paused(queue) then
    length = 0
  elseif length > 0 and is_limited(policy_of(queue)) then
    length = math.min(length, (modules.limits.allowed_in(queue, false)))
  end
  for _ = 1, n do
    add_result(length)
  end
end

-- status
--   result     number of events, of leased events, of consumers, of ready events; age of the next event to be popped
--              (ms); 1 if the queue is paused; number of blocked events; 1 if the queue is limited
local function status(queue, n)
  for i = 1, n do
    local _, value, is_spent = modules.deliver.event_at('RPOP', -1, queue)
    if is_spent then
      return i - 1
    end
    add_result(modules.queue.length_of(queue))
    add_result(redis.call('ZCARD', queue.leases))
    add_result((modules.queue.consumers_of(queue)))
    local length = modules.ready_list.length_of(queue)
    local is_held_back = length > 0 and is_limited(policy_of(queue)) and modules.limits.allowed_in(queue, false) == 0
    add_result(length)
    add_result(value and age_of(value) or 0)
    add_result(is_paused(queue) and 1 or 0)
    add_result(redis.call('HLEN', queue.blocked))
    add_result(is_held_back and 1 or 0)
  end
end

-- Adds id, deliveries so far, age (ms), bytes of contents, time until the lease or delay ends (ms). Takes the event's
-- values in `events` and `failed`.
local function add_info(id, value, failed, leases, due)
  add_result(id)
  add_result((failed and struct.unpack('>I2', failed) or 0) + leases)
  add_result(age_of(value))
  add_result(size_of(value))
  add_result(math.max(0, math.floor(due - now_us / 1000)))
  work = work + EVENT_WORK
end

-- Returns `n` entries of the ready list behind `position`, counted from one end, nearest to that end first.
local function entries_from(queue, side, position, n)
  if side == 'left' then
    return redis.call('LRANGE', queue.ready, position, position + n - 1)
  end
  local entries, reversed = redis.call('LRANGE', queue.ready, -(position + n), -(position + 1)), {}
  for i = #entries, 1, -1 do
    reversed[#reversed + 1] = entries[i]
  end
  return reversed
end

-- Returns the position from one end, from 1, of the entry of an event that was at `position`. If the event is gone or
-- far from there, so may be others that were not listed yet: then 0, the beginning.
local NEAR = 5000
local function position_of(queue, side, id, stamp, position)
  local value = redis.call('HGET', queue.events, id)
  if not value or value:sub(1, STAMP_BYTES) ~= stamp or redis.call('ZSCORE', queue.leases, id) then
    return 0
  end
  local entry = modules.ready_list.entries_for(queue, { id, value })[1]
  local skipped = math.max(0, position - NEAR - 1)
  for j, near in ipairs(entries_from(queue, side, skipped, 2 * NEAR)) do
    if near == entry then
      return skipped + j
    end
  end
  return 0
end

-- list_ready, list_ready_left: events from the right or the left end
--   arguments  what the previous page returned of its last event: id, stamp, position; at the start empty, empty, 0
--   parameter  number of entries to read
--   result     number of events, for each what add_info() adds; id and stamp of the last, an empty id if there is none;
--              position of the last entry; 1 if there are more
--
-- The next events are on the other side of that event while it is ready. Otherwise the list starts again: if it was
-- popped, so were all on its right. Some may be listed twice.
local function list_ready(side, queue, n, count, args, first)
  purge_removed(queue)
  for i = first, first + 3 * n - 3, 3 do
    if work >= MAX_WORK then
      return (i - first) / 3
    end
    local last_id, stamp, position = '', args[i + 1], args[i + 2]
    if args[i] ~= '' then
      position = position_of(queue, side, args[i], stamp, position)
    end
    local entries = entries_from(queue, side, position, count)
    local ids, values, failed = entries, {}, {}
    if #entries > 0 then
      ids, values = modules.ready_list.resolve(queue, entries, values_of(queue, entries))
      failed = redis.call('HMGET', queue.failed, unpack(ids))
    end
    local listed = 0
    result_count = result_count + 1
    local listed_at = result_count
    for j = 1, #ids do
      if values[j] then
        add_info(ids[j], values[j], failed[j], 0, now)
        listed, last_id, stamp = listed + 1, ids[j], values[j]:sub(1, STAMP_BYTES)
      end
    end
    position = position + #entries
    results[listed_at] = listed
    add_result(last_id)
    add_result(stamp)
    add_result(position)
    add_result(position < redis.call('LLEN', queue.ready) and 1 or 0)
  end
end

-- list_processing, list_delayed, list_blocked
--   arguments  cursor of ZSCAN or HSCAN
--   parameter  approximate number of events
--   result     next cursor, number of events, for each what add_info() adds
local function list_scanned(scan, key, id_of, leases, queue, n, count, args, first)
  purge_removed(queue)
  for i = first, first + n - 1 do
    if work >= MAX_WORK then
      return i - first
    end
    local step = redis.call(scan, queue[key], args[i], 'COUNT', count)
    add_result(step[1])
    local listed = 0
    result_count = result_count + 1
    local listed_at = result_count
    for j = 1, #step[2], 2 do
      local id = id_of(step[2][j], step[2][j + 1])
      local value = id and redis.call('HGET', queue.events, id)
      if value then
        local failed = redis.call('HGET', queue.failed, id)
        add_info(id, value, failed, leases, scan == 'ZSCAN' and tonumber(step[2][j + 1]) or now)
        listed = listed + 1
      end
    end
    results[listed_at] = listed
  end
end

-- Adds what get returns of an event that is done.
local function add_done(queue, id)
  add_result(id)
  for _ = 1, 3 do
    add_result(0) -- deliveries, age, bytes
  end
  add_result(math.max(0, math.floor(redis.call('ZSCORE', queue.done, id) - now_us / 1000)))
  add_result(4)
  add_result(0)
  add_result(0)
  add_result('')
  modules.deliver.add_event(queue, id, ('\0'):rep(FLAGS), false)
end

-- get
--   arguments  id
--   parameter  maximum bytes of contents, longer ones are left out; -1 for any
--   result     false; or what add_info() adds, state (0 ready, 1 leased, 2 delayed, 3 blocked, 4 done), 1 if the event
--              expires, time until then (ms), reason of the last failed delivery, and the event as deliver.lua
--              returns it
local function get(queue, n, max_bytes, args, first)
  purge_removed(queue)
  for i = first, first + n - 1 do
    if work >= MAX_WORK then
      return i - first
    end
    local id = args[i]
    local value = redis.call('HGET', queue.events, id)
    if value then
      local failed = redis.call('HGET', queue.failed, id)
      local leased = redis.call('ZSCORE', queue.leases, id)
      local delays = redis.call('ZMSCORE', queue.later, ENTER_LEFT .. id, ENTER_RIGHT .. id)
      local due = leased or delays[1] or delays[2]
      local expires = byte(value, FLAGS) % 2 == 1
      add_info(id, value, failed, leased and 1 or 0, due and tonumber(due) or now)
      add_result(leased and 1 or due and 2 or modules.groups.is_blocked(queue, id, value) and 3 or 0)
      add_result(expires and 1 or 0)
      add_result(expires and math.max(0, struct.unpack('>I6', value, FLAGS + 1) - now) or 0)
      add_result(failed and failed:sub(3) or '')
      if max_bytes >= 0 and size_of(value) > max_bytes then
        value = modules.contents.without(queue, id, value)
      end
      modules.deliver.add_event(queue, id, value, false)
      work = work + #value
    elseif modules.acknowledge.are_remembered(queue, { id })[1] then
      add_done(queue, id)
    else
      add_result(false)
    end
  end
end

operations.ready = ready
operations.status = status
operations.list_ready = function(queue, n, count, args, first)
  return list_ready('right', queue, n, count, args, first)
end
operations.list_ready_left = function(queue, n, count, args, first)
  return list_ready('left', queue, n, count, args, first)
end
operations.list_processing = function(queue, n, count, args, first)
  local function id_of(member)
    return member
  end
  return list_scanned('ZSCAN', 'leases', id_of, 1, queue, n, count, args, first)
end
operations.list_delayed = function(queue, n, count, args, first)
  local function id_of(entry)
    return entry:match('^[lr](.*)$')
  end
  return list_scanned('ZSCAN', 'later', id_of, 0, queue, n, count, args, first)
end
operations.list_blocked = function(queue, n, count, args, first)
  local function id_of(_, id)
    return id
  end
  return list_scanned('HSCAN', 'blocked', id_of, 0, queue, n, count, args, first)
end
operations.get = get
