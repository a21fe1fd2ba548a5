-- Ends or extends deliveries for their consumers.
--
-- A receipt names one delivery: the event's stamp and the number of its failed deliveries before (2 bytes). An empty
-- receipt names the current delivery.
--
-- `done` holds the ids of acknowledged events and until when they stay taken. It exists only while the policy says so.

-- Returns by position whether ids are remembered; nothing if the policy remembers none.
local function are_remembered(queue, ids)
  if policy_of(queue).remember == 0 then
    return {}
  end
  local remembered = redis.call('ZMSCORE', queue.done, unpack(ids))
  for i = 1, #ids do
    remembered[i] = remembered[i] and tonumber(remembered[i]) > now
  end
  return remembered
end

-- Call this before the events are removed.
local function remember(queue, ids)
  local duration = policy_of(queue).remember
  if duration > 0 and #ids > 0 then
    local deadline, entries = ('%.17g'):format(now + duration), {}
    for i = 1, #ids do
      entries[2 * i - 1], entries[2 * i] = deadline, ids[i]
    end
    allow_writes(queue)
    check_by(queue, now + duration)
    redis.call('ZADD', queue.done, unpack(entries))
  end
end

-- Forgets ids whose time is over, as many as a step may.
local FORGOTTEN = 2500
local function forget_done(queue)
  local over = redis.call('ZCOUNT', queue.done, '-inf', now)
  if over > 0 then
    allow_writes(queue)
    redis.call('ZREMRANGEBYRANK', queue.done, 0, math.min(over, FORGOTTEN) - 1)
    work = work + math.min(over, FORGOTTEN) * EVENT_WORK / 8
  end
end

-- Returns for each event whether it is leased and its receipt names the current delivery; and, if there are receipts,
-- the values of the events.
local function find_current(queue, ids, receipts)
  purge_removed(queue)
  local is_current = redis.call('ZMSCORE', queue.leases, unpack(ids))
  local has_receipts, values = false, nil
  for i = 1, #ids do
    has_receipts = has_receipts or receipts[i] ~= ''
  end
  if has_receipts then
    values = values_of(queue, ids)
    local failed = redis.call('HMGET', queue.failed, unpack(ids))
    for i = 1, #ids do
      local delivery = is_current[i] and values[i]
        and values[i]:sub(1, STAMP_BYTES) .. (failed[i] or '\0\0'):sub(1, 2)
      is_current[i] = delivery and (receipts[i] == '' or receipts[i] == delivery)
    end
  end
  return is_current, values
end

-- Returns whether not all of some events are leased.
local function any_waiting(leased)
  for i = 1, #leased do
    if not leased[i] then
      return true
    end
  end
  return false
end

-- ack: removes an event, whether it is leased, ready or delayed
--   arguments  id
--   result     number of events removed, 0 or 1
local function ack(queue, n, _, args, first)
  local groups = modules.groups
  local ids = { unpack(args, first, first + n - 1) }
  local leased = redis.call('ZMSCORE', queue.leases, unpack(ids))
  local values = any_waiting(leased) and values_of(queue, ids) or groups.values_if_any(queue, ids)
  if values then
    n = groups.number_that_may_leave(values, n)
    ids = { unpack(ids, 1, n) }
  end
  local acked, waiting, seen = {}, {}, {}
  for i = 1, n do
    local id = ids[i]
    local is_held = not seen[id] and (leased[i] or values[i])
    if is_held then
      local list = leased[i] and acked or waiting
      list[#list + 1] = id
      seen[id] = true
    end
    add_result(is_held and 1 or 0)
  end
  remember(queue, waiting)
  remember(queue, acked)
  local is_blocked = values and groups.leave(queue, ids, values, leased, true) or {}
  if #waiting > 0 then
    redis.call('HDEL', queue.events, unpack(waiting))
    modules.ready_list.unlink_events(queue, waiting, is_blocked)
    add_count(queue, ACKED, #waiting)
  end
  if #acked > 0 then
    redis.call('HDEL', queue.events, unpack(acked))
    redis.call('ZREM', queue.leases, unpack(acked))
    queue.ended_leases = queue.ended_leases + #acked
    mark_removed(queue, acked)
    add_count(queue, ACKED, #acked)
  end
  queue.maybe_empty = true
  return n
end

-- Removes events whose deliveries are current. `args` holds n ids and receipts in turn. Returns by position whether it
-- did, and their number; if `is_divisible`, also to how many of n it got in this call.
local function remove_current(queue, n, args, first, is_divisible)
  local ids, receipts = {}, {}
  for i = 1, n do
    ids[i] = args[first + 2 * i - 2]
    receipts[i] = args[first + 2 * i - 1]
  end
  local is_current, values = find_current(queue, ids, receipts)
  values = values or modules.groups.values_if_any(queue, ids) or {}
  if is_divisible then
    n = modules.groups.number_that_may_leave(values, n)
  end
  local acked, acked_values, is_acked, seen, count = {}, {}, {}, {}, 0
  for i = 1, n do
    local id = ids[i]
    is_acked[i] = is_current[i] and not seen[id]
    if is_acked[i] then
      seen[id] = true
      count = count + 1
      acked[count], acked_values[count] = id, values[i]
    end
  end
  if count > 0 then
    remember(queue, acked)
    remove_events(queue, acked, acked_values, acked, 'unless read')
    redis.call('ZREM', queue.leases, unpack(acked))
    queue.ended_leases = queue.ended_leases + #acked
    add_count(queue, ACKED, #acked)
  end
  return is_acked, #acked, n
end

-- ack_delivery
--   arguments  id, receipt
--   result     1; 0 if the receipt does not name the current delivery
local function ack_delivery(queue, n, _, args, first)
  local is_acked, _, done = remove_current(queue, n, args, first, true)
  for i = 1, done do
    add_result(is_acked[i] and 1 or 0)
  end
  return done
end

-- ack_all
--   arguments  ids and receipts in turn
--   result     number of events removed
local function ack_all(queue, n, _, args, first)
  for i = first, first + n - 1 do
    if work >= MAX_WORK then
      return i - first
    end
    local deliveries = args[i]
    local _, acked = remove_current(queue, #deliveries / 2, deliveries, 1)
    work = work + #deliveries * EVENT_WORK / 4
    add_result(acked)
  end
end

-- A delivery that is ended or extended alone: some ten commands.
local SINGLE_WORK = 8 * EVENT_WORK

-- touch: lets the lease end at another time
--   arguments  id, receipt or empty
--   parameter  lease from now (ms)
--   result     as of ack_delivery
local function touch(queue, n, lease, args, first)
  for i = first, first + 2 * n - 2, 2 do
    if work >= MAX_WORK then
      return (i - first) / 2
    end
    work = work + SINGLE_WORK
    local is_current = find_current(queue, { args[i] }, { args[i + 1] })[1]
    if is_current then
      allow_writes(queue)
      check_by(queue, now + lease)
      redis.call('ZADD', queue.leases, now + lease, args[i])
    end
    add_result(is_current and 1 or 0)
  end
end

-- redo, release: requeue an event at once; redo counts the delivery as failed, release does not
--   arguments  id, receipt or empty
--   result     as of ack_delivery
local function give_back(counts_as_failed, queue, n, args, first)
  local requeue = modules.redelivery.requeue
  for i = first, first + 2 * n - 2, 2 do
    if work >= MAX_WORK then
      return (i - first) / 2
    end
    work = work + SINGLE_WORK
    local ids = { args[i] }
    local is_current = find_current(queue, ids, { args[i + 1] })[1]
    if is_current then
      requeue(queue, ids, { counts_as_failed = counts_as_failed, delay = 0 })
    end
    add_result(is_current and 1 or 0)
  end
end

-- nack: ends a delivery as failed
--   arguments  id, receipt or empty, reason, index of the dead queue or -1
--   parameter  delay (ms); -1 for the policy's backoff; -2 to move it to the dead queue, as after its last delivery
--   result     1 or 0 as of ack_delivery, 2 if it moved to the dead queue, and false; or 0 and the name of the dead
--              queue that the event must move to, if its index was not given: nothing was done
local function nack(queue, n, delay, args, first)
  for i = first, first + 4 * n - 4, 4 do
    if work >= MAX_WORK then
      return (i - first) / 4
    end
    work = work + SINGLE_WORK
    local ids = { args[i] }
    local is_current = find_current(queue, ids, { args[i + 1] })[1]
    local needed, result = false, 0
    if is_current then
      local dead
      needed, dead = modules.redelivery.fail(queue, ids, delay, args[i + 2], args[i + 3])
      result = needed and 0 or 1 + dead
    end
    add_result(result)
    add_result(needed)
  end
end

modules.acknowledge = {
  are_remembered = are_remembered,
  remember = remember,
  forget_done = forget_done,
}

operations.ack = ack
operations.ack_delivery = ack_delivery
operations.ack_all = ack_all
operations.touch = touch
operations.redo = function(queue, n, _, args, first)
  return give_back(true, queue, n, args, first)
end
operations.release = function(queue, n, _, args, first)
  return give_back(false, queue, n, args, first)
end
operations.nack = nack
