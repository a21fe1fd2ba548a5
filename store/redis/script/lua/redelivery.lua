-- Requeues events after a delivery, or moves them to the dead queue after their last one; applies what is due: leases
-- that end, delays, expiry, pauses.
--
-- `failed` holds for each event with failed deliveries their number (2 bytes) and the reason of the last one.

-- Returns the number of failed deliveries, one more than `failed` holds of an event.
local MAX_FAILURES = 65535
local function failures_of(failed)
  return math.min((failed and struct.unpack('>I2', failed) or 0) + 1, MAX_FAILURES)
end

-- Returns whether a queue does not hold an id; removes an expired event that has it.
local function is_free(queue, id)
  local value = redis.call('HGET', queue.events, id)
  return not value or expire_if_due(queue, id, value)
end

-- Stores events as dead letters, which never expire; the last one is next to be popped. Where they were they remain,
-- but without large contents. `failed` holds what to store of their failed deliveries.
local function copy_to_dead_queue(queue, dead, ids, values, failed)
  local ready_list = modules.ready_list
  purge_removed(dead)
  check_removal(queue)
  local stamp = new_stamp()
  local fields, new_failed, right_to_left = {}, {}, {}
  for i = 1, #ids do
    local value, flags = values[i], byte(values[i], FLAGS)
    if is_grouped(value) then
      value = modules.groups.with_place(value, modules.groups.OUTSIDE)
    end
    fields[2 * i - 1] = ids[i]
    fields[2 * i] = stamp .. string.char(flags - flags % 2) .. value:sub(place_at(value))
    if failed[i] then
      new_failed[#new_failed + 1] = ids[i]
      new_failed[#new_failed + 1] = failed[i]
    end
  end
  local entries = ready_list.entries_for(dead, fields)
  for i = 1, #entries do
    right_to_left[#entries + 1 - i] = entries[i]
  end
  redis.call('LPUSH', dead.ready, unpack(right_to_left))
  redis.call('SADD', dead.active, name_of(dead))
  for i = 1, #ids do
    if is_large(values[i]) then
      modules.contents.move(queue, dead, ids[i])
    end
  end
  if #new_failed > 0 then
    redis.call('HSET', dead.failed, unpack(new_failed))
  end
  redis.call('HSET', dead.events, unpack(fields))
  dead.became_ready = dead.became_ready + #ids
end

-- Ends the leases of events and requeues them: they become ready on the right, the last of them next to be popped.
-- Expired ones are removed. Options:
--
--     counts_as_failed  the deliveries count as failed
--     reason            of that; without one the previous reason stays
--     delay             (ms) until the events become ready
--     dead              dead queue: events that `is_last` marks move there, unless it holds their ids
--     is_last           by position
--
-- Returns how many of the events it got to before the call was spent, and how many of them moved to the dead queue.
local function requeue(queue, ids, options)
  allow_writes(queue)
  purge_removed(queue)
  local values = values_of(queue, ids)
  local failed = redis.call('HMGET', queue.failed, unpack(ids))
  local delay, dead = options.delay, options.dead
  local ended, expired, expired_values, new_failed = {}, {}, {}, {}
  local requeued, requeued_values, fields = {}, {}, {}
  local dead_ids, dead_values, dead_failed = {}, {}, {}
  for i = 1, #ids do
    local id, value = ids[i], values[i]
    if i > 1 and work >= MAX_WORK then
      break
    end
    ended[i] = id
    work = work + EVENT_WORK
    if value and is_expired(value) then
      expired[#expired + 1] = id
      expired_values[#expired] = value
    elseif value then -- without one, a failed call left the lease
      local new = options.counts_as_failed and
        struct.pack('>I2', failures_of(failed[i])) .. (options.reason or (failed[i] or ''):sub(3))
      if dead and options.is_last[i] and is_free(dead, id) then
        local last = #dead_ids + 1
        dead_ids[last], dead_values[last], dead_failed[last] = id, value, new
      else
        requeued[#requeued + 1] = id
        requeued_values[#requeued] = value
        fields[#fields + 1] = id
        fields[#fields + 1] = value
        if new then
          new_failed[#new_failed + 1] = id
          new_failed[#new_failed + 1] = new
        end
      end
    end
  end
  if #dead_ids > 0 then
    copy_to_dead_queue(queue, dead, dead_ids, dead_values, dead_failed)
    remove_events(queue, dead_ids, dead_values, dead_ids)
    add_count(queue, DEAD, #dead_ids)
  end
  if #expired > 0 then
    remove_events(queue, expired, expired_values, expired)
    add_count(queue, EXPIRED, #expired)
  end
  if #requeued > 0 and delay > 0 then
    local due = now_us / 1000 + delay
    check_by(queue, due)
    for _, id in ipairs(requeued) do
      redis.call('ZADD', queue.later, due, ENTER_RIGHT .. id)
    end
  elseif #requeued > 0 then
    redis.call('RPUSH', queue.ready, unpack(modules.ready_list.entries_for(queue, fields)))
    queue.became_ready = queue.became_ready + #requeued
  end
  if #new_failed > 0 then
    redis.call('HSET', queue.failed, unpack(new_failed))
  end
  modules.groups.give_back(queue, requeued_values)
  redis.call('ZREM', queue.leases, unpack(ended))
  queue.ended_leases = queue.ended_leases + #ended
  if options.counts_as_failed then
    add_count(queue, REDELIVERED, #requeued)
  end
  return #ended, #dead_ids
end

local function dead_queue_name(queue)
  local name = policy_of(queue).dead_queue
  return name == '-' and name_of(queue) .. ':dead' or name:sub(2)
end

-- Returns the dead queue, if it is the one at an index. A queue that is given as its own dead queue has none.
local function dead_queue_at(queue, index)
  local dead = index >= 0 and queue_at(index)
  return dead and (dead == queue or name_of(dead) == dead_queue_name(queue)) and dead
end

-- Returns the delay after a number of failures, as backoffMs() in policy.ts does: a thousand years at most.
local MAX_BACKOFF = 31536000000000
local function backoff_of(policy, failures)
  local max_backoff = policy.backoff_max > 0 and policy.backoff_max or MAX_BACKOFF
  return math.min(policy.backoff * 2 ^ math.min(failures - 1, 100), max_backoff, MAX_BACKOFF)
end

-- Counts deliveries as failed and requeues their events; a delay of -1 is the backoff of the first of them, -2 makes
-- these deliveries their last. Returns false and how many moved to the dead queue; or, having done nothing, the name of
-- the dead queue if it is needed and not at `dead_index`.
local TO_DEAD_QUEUE = -2
local function fail(queue, ids, delay, reason, dead_index)
  purge_removed(queue)
  local policy = policy_of(queue)
  local are_last = delay == TO_DEAD_QUEUE
  local is_last, dead = {}, nil
  if are_last or policy ~= DEFAULT_POLICY then
    local failed = redis.call('HMGET', queue.failed, unpack(ids))
    if delay < 0 then
      delay = backoff_of(policy, failures_of(failed[1]))
    end
    local any_last = false
    for i = 1, #ids do
      is_last[i] = are_last or policy.max_attempts > 0 and failures_of(failed[i]) >= policy.max_attempts
      any_last = any_last or is_last[i]
    end
    if any_last then
      dead = dead_queue_at(queue, dead_index)
      if not dead then
        return dead_queue_name(queue)
      end
    end
  end
  local options = { counts_as_failed = true, reason = reason, delay = math.max(delay, 0), is_last = is_last }
  options.dead = dead ~= queue and dead
  return false, select(2, requeue(queue, ids, options))
end

-- bury: moves an event in any state to the dead queue, as after its last delivery; ends its delivery as failed
--   arguments  id, index of the dead queue or -1
--   result     0 if the queue does not hold the event, 1 if it was moved, 2 if the dead queue holds its id, and false;
--              or 0 and the name of the dead queue, if its index was not given: nothing was done
local function bury(queue, n, _, args, first)
  for i = first, first + 2 * n - 2, 2 do
    if work >= MAX_WORK then
      return (i - first) / 2
    end
    purge_removed(queue)
    local id, dead = args[i], dead_queue_at(queue, args[i + 1])
    local value = redis.call('HGET', queue.events, id)
    local is_leased = value and redis.call('ZSCORE', queue.leases, id)
    local is_held = value and not expire_if_due(queue, id, value)
    local result = 0
    if is_held and is_expired(value) then
      requeue(queue, { id }, { delay = 0 }) -- removes it
      is_held = false
    elseif is_held and dead and (dead == queue or not is_free(dead, id)) then
      result = 2
    elseif is_held and dead then
      result = 1
      allow_writes(queue)
      local failed = redis.call('HGET', queue.failed, id)
      if is_leased then
        failed = struct.pack('>I2', failures_of(failed)) .. (failed or ''):sub(3)
      end
      copy_to_dead_queue(queue, dead, { id }, { value }, { failed })
      if is_leased then
        remove_events(queue, { id }, { value }, { true })
        redis.call('ZREM', queue.leases, id)
        queue.ended_leases = queue.ended_leases + 1
      else
        modules.ready_list.remove_waiting(queue, { id }, { value })
      end
      add_count(queue, DEAD, 1)
      work = work + 8 * EVENT_WORK
    end
    add_result(result)
    add_result(is_held and not dead and dead_queue_name(queue))
  end
end

-- Has a delayed event become ready, or join its group if it has not yet.
local function enter(queue, kind, id, value)
  local fields = { id, value }
  local is_ready, joined = true, nil
  if is_grouped(value) and modules.groups.place_of(value) == modules.groups.NOT_JOINED then
    is_ready, joined = modules.groups.join_one(queue, fields, kind == ENTER_LEFT)
  end
  if is_ready then
    local list_push = kind == ENTER_LEFT and 'LPUSH' or 'RPUSH'
    redis.call(list_push, queue.ready, unpack(modules.ready_list.entries_for(queue, fields)))
    queue.became_ready = queue.became_ready + 1
  end
  if joined then
    modules.groups.store_joined(queue, joined)
    redis.call('HSET', queue.events, unpack(fields))
  end
end

-- end_delay: has an event be due, so that it becomes ready with the next reclaim
--   arguments  id
--   result     1; 0 if the event is not delayed
local function end_delay(queue, n, _, args, first)
  for i = first, first + n - 1 do
    if work >= MAX_WORK then
      return i - first
    end
    work = work + EVENT_WORK
    purge_removed(queue)
    local is_delayed = false
    for _, kind in ipairs({ ENTER_LEFT, ENTER_RIGHT }) do
      if redis.call('ZSCORE', queue.later, kind .. args[i]) then
        allow_writes(queue)
        check_by(queue, now)
        redis.call('ZADD', queue.later, 'LT', now, kind .. args[i])
        is_delayed = true
      end
    end
    add_result(is_delayed and 1 or 0)
  end
end

-- Applies up to `limit` due entries of `later` in the order of their times: delayed events become ready, expired ones
-- are removed unless they are leased, as requeue() removes those; a pause ends; after its limit was raised, a group has
-- more events ready.
local function run_due(queue, limit)
  local entries = redis.call('ZRANGE', queue.later, '-inf', now, 'BYSCORE', 'LIMIT', 0, limit)
  if #entries == 0 then
    return
  end
  allow_writes(queue)
  local ids, is_over, walks = {}, false, false
  for i, entry in ipairs(entries) do
    ids[i] = entry:sub(2)
    is_over = is_over or entry == RESUME
    walks = walks or entry == LET_IN
  end
  local values = values_of(queue, ids)
  local expired, expired_values = {}, {}
  for i, entry in ipairs(entries) do
    local kind, id, value = entry:sub(1, 1), ids[i], values[i]
    if kind == EXPIRE and value and is_expired(value) then
      expired[#expired + 1] = id
      expired_values[#expired] = value
    elseif value and (kind == ENTER_LEFT or kind == ENTER_RIGHT) then
      enter(queue, kind, id, value)
    end
  end
  if is_over then
    modules.queue.resume_queue(queue)
  end
  local position = walks and modules.groups.walk(queue, -redis.call('ZSCORE', queue.later, LET_IN)) or nil
  redis.call('ZREM', queue.later, unpack(entries))
  if position then
    redis.call('ZADD', queue.later, -position, LET_IN)
  end
  local leased, removed, removed_values = #expired > 0 and redis.call('ZMSCORE', queue.leases, unpack(expired)), {}, {}
  for i, id in ipairs(expired) do
    if not leased[i] then
      removed[#removed + 1] = id
      removed_values[#removed] = expired_values[i]
    end
  end
  if #removed > 0 then
    modules.ready_list.remove_waiting(queue, removed, removed_values)
    add_count(queue, EXPIRED, #removed)
  end
  work = work + #entries * EVENT_WORK
end

-- reclaim
--   arguments  index of the dead queue or -1, position of the next part of the ready list to sweep or 0
--   parameter  maximum number of leases to end, and of entries of `later` to apply
--   result     number of events that became ready; position of the next part to sweep, or 0; false, or the name of the
--              dead queue that events must move to, if its index was not given: no lease was ended
--
-- The latest lease ends first, so that the event with the oldest deadline is next to be popped after any number of
-- calls. A queue with more to do is due again, behind those that are due by now.
local function reclaim(queue, n, limit, args, first)
  local ready_list = modules.ready_list
  for i = first, first + 2 * n - 2, 2 do
    if work >= MAX_WORK then
      return (i - first) / 2
    end
    purge_removed(queue)
    local before = queue.became_ready
    local ended = redis.call('ZRANGE', queue.leases, now, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, limit)
    local needed = #ended > 0 and fail(queue, ended, 0, '', args[i])
    purge_removed(queue)
    run_due(queue, limit)
    local part = args[i + 1]
    local next_part = (part > 0 or ready_list.needs_sweep(queue)) and ready_list.sweep(queue, part) or 0
    local next_check, due_times = math.huge, { queue.leases, queue.later }
    if policy_of(queue).remember > 0 then
      modules.acknowledge.forget_done(queue)
      due_times[3] = queue.done
    end
    for _, times in ipairs(due_times) do
      local earliest = redis.call('ZRANGE', times, 0, 0, 'WITHSCORES')
      next_check = math.min(next_check, tonumber(earliest[2]) or math.huge)
    end
    if next_part > 0 or not modules.contents.sweep_flushed(queue) then
      next_check = now
    end
    if next_check < math.huge then
      allow_writes(queue)
      redis.call('ZADD', queue.timers, math.max(next_check, now), name_of(queue))
    else
      redis.call('ZREM', queue.timers, name_of(queue))
    end
    queue.maybe_empty = true
    add_result(queue.became_ready - before)
    add_result(next_part)
    add_result(needed)
  end
end

modules.redelivery = {
  is_free = is_free,
  requeue = requeue,
  fail = fail,
}

operations.bury = bury
operations.end_delay = end_delay
operations.reclaim = reclaim
