-- Requeues events after a failed delivery, or moves them to the dead queue after their last one; applies what is due:
-- leases that end, delays, expiry, pauses.
--
-- `failed` holds for each event with failed deliveries their number (2 bytes) and the reason of the last one.

-- Returns the number of failed deliveries, one more than `failed` holds of an event.
local MAX_FAILURES = 65535
local function failures_of(failed)
  return math.min((failed and struct.unpack('>I2', failed) or 0) + 1, MAX_FAILURES)
end

-- Counts one more failed delivery of each event. Without a reason the previous one stays.
local function record_failures(queue, ids, reason)
  local failed = redis.call('HMGET', queue.failed, unpack(ids))
  local fields = {}
  for i = 1, #ids do
    fields[2 * i - 1] = ids[i]
    fields[2 * i] = struct.pack('>I2', failures_of(failed[i])) .. (reason or (failed[i] or ''):sub(3))
  end
  redis.call('HSET', queue.failed, unpack(fields))
end

-- Returns whether a queue does not hold an id; removes an expired event that has it.
local function is_free(queue, id)
  local value = redis.call('HEXISTS', queue.events, id) == 1 and redis.call('HGET', queue.events, id)
  return not value or expire_if_due(queue, id, value)
end

-- Moves events whose leases have been removed to the dead queue, where they never expire. They keep their failures; the
-- last one is next to be popped.
local function move_to_dead_queue(queue, dead, ids)
  local values = redis.call('HMGET', queue.events, unpack(ids))
  local failed = redis.call('HMGET', queue.failed, unpack(ids))
  local header = new_stamp() .. '\0'
  local new_events, new_failed, right_to_left = {}, {}, {}
  for i = 1, #ids do
    right_to_left[#ids + 1 - i] = ids[i]
    new_events[2 * i - 1], new_failed[2 * i - 1] = ids[i], ids[i]
    new_events[2 * i], new_failed[2 * i] = header .. contents_of(values[i]), failed[i]
  end
  purge_removed(dead)
  redis.call('HSET', dead.events, unpack(new_events))
  redis.call('HSET', dead.failed, unpack(new_failed))
  redis.call('LPUSH', dead.ready, unpack(right_to_left))
  redis.call('SADD', dead.active, name_of(dead))
  dead.became_ready = dead.became_ready + #ids
  remove_events(queue, ids)
  add_count(queue, DEAD, #ids)
end

-- Ends leases and returns how many events were requeued: they become ready on the right after `delay` ms, the last of
-- them next to be popped. Expired ones are removed. If a dead queue is given, events that `is_last` marks move there,
-- unless it holds their ids. Call purge_removed() before.
local function requeue(queue, ids, delay, dead, is_last)
  redis.call('ZREM', queue.leases, unpack(ids))
  local expiries = redis.call('ZMSCORE', queue.later, unpack(entries_of(EXPIRE, ids)))
  local requeued, expired, dead_letters = {}, {}, {}
  for i = 1, #ids do
    local expires = expiries[i] and tonumber(expiries[i])
    local list = requeued
    -- run_due() sets an infinite time if an event expires while it is leased.
    if expires and (expires <= now or expires == math.huge) then
      list = expired
    elseif dead and is_last[i] and is_free(dead, ids[i]) then
      list = dead_letters
    end
    list[#list + 1] = ids[i]
  end
  if #expired > 0 then
    remove_events(queue, expired)
    add_count(queue, EXPIRED, #expired)
  end
  if #dead_letters > 0 then
    move_to_dead_queue(queue, dead, dead_letters)
  end
  if #requeued > 0 and delay > 0 then
    local due = now_us / 1000 + delay
    for _, id in ipairs(requeued) do
      redis.call('ZADD', queue.later, due, ENTER_RIGHT .. id)
    end
    check_by(queue, due)
  elseif #requeued > 0 then
    redis.call('RPUSH', queue.ready, unpack(requeued))
    queue.became_ready = queue.became_ready + #requeued
  end
  return #requeued
end

local function dead_queue_name(queue)
  local name = policy_of(queue).dead_queue
  return name == '-' and name_of(queue) .. ':dead' or name:sub(2)
end

-- Returns the delay after a number of failures, as backoffMs() in policy.ts does: a thousand years at most.
local MAX_BACKOFF = 31536000000000
local function backoff_of(policy, failures)
  local max_backoff = policy.backoff_max > 0 and policy.backoff_max or MAX_BACKOFF
  return math.min(policy.backoff * 2 ^ math.min(failures - 1, 100), max_backoff, MAX_BACKOFF)
end

-- Counts deliveries as failed and requeues their events; a delay of -1 is the backoff of the first of them. Returns
-- false; or, having done nothing, the name of the dead queue if it is needed and not at `dead_index`. A queue that is
-- given as its own dead queue has none.
local function fail(queue, ids, delay, reason, dead_index)
  local policy = policy_of(queue)
  local is_last, dead = {}, nil
  if policy ~= DEFAULT_POLICY then
    local failed = redis.call('HMGET', queue.failed, unpack(ids))
    if delay < 0 then
      delay = backoff_of(policy, failures_of(failed[1]))
    end
    local any_last = false
    for i = 1, #ids do
      is_last[i] = policy.max_attempts > 0 and failures_of(failed[i]) >= policy.max_attempts
      any_last = any_last or is_last[i]
    end
    if any_last then
      local name = dead_queue_name(queue)
      dead = dead_index >= 0 and queue_at(dead_index)
      if not dead or (dead ~= queue and name_of(dead) ~= name) then
        return name
      end
    end
  end
  record_failures(queue, ids, reason)
  add_count(queue, REDELIVERED, requeue(queue, ids, math.max(delay, 0), dead ~= queue and dead, is_last))
  return false
end

-- Applies up to `limit` due entries of `later` in the order of their times: delayed events become ready, expired ones
-- are removed unless leased, a pause ends. Returns whether more may be due.
--
-- To remove a ready event Redis walks through the list, past some 200,000 events a millisecond. So of a long list only
-- few are removed in one call.
local MAX_WALK = 1000000
local function run_due(queue, limit)
  local entries = redis.call('ZRANGE', queue.later, '-inf', now, 'BYSCORE', 'LIMIT', 0, limit)
  if #entries == 0 then
    return false
  end
  redis.call('ZREM', queue.later, unpack(entries))
  local expired = {}
  for _, entry in ipairs(entries) do
    local kind, id = entry:sub(1, 1), entry:sub(2)
    if kind == EXPIRE then
      expired[#expired + 1] = id
    elseif kind == RESUME then
      import('policy').resume_queue(queue)
    else
      redis.call(kind == ENTER_LEFT and 'LPUSH' or 'RPUSH', queue.ready, id)
      queue.became_ready = queue.became_ready + 1
    end
  end
  local more = #entries == limit
  local leased = #expired > 0 and redis.call('ZMSCORE', queue.leases, unpack(expired))
  local removals_left = math.max(1, MAX_WALK / (1 + redis.call('LLEN', queue.ready)))
  for i, id in ipairs(expired) do
    if leased[i] then
      -- requeue() removes the event when its lease ends without an ack.
      redis.call('ZADD', queue.later, '+inf', EXPIRE .. id)
    elseif removals_left >= 1 then
      redis.call('HDEL', queue.events, id)
      unlink_event(queue, id)
      add_count(queue, EXPIRED, 1)
      removals_left = removals_left - 1
    else
      redis.call('ZADD', queue.later, now, EXPIRE .. id)
      more = true
    end
  end
  return more
end

-- reclaim
--   arguments  index of the dead queue or -1
--   parameter  maximum number of leases to end, and of entries of `later` to apply
--   result     number of events that became ready, 1 if there is more to do, false; or instead of false the name of the
--              dead queue that events must move to, if its index was not given: no lease was ended
--
-- The latest lease ends first, so that the event with the oldest deadline is next to be popped after any number of
-- calls.
local function reclaim(queue, n, limit, args, first)
  for i = first, first + n - 1 do
    purge_removed(queue)
    local before = queue.became_ready
    local ended = redis.call('ZRANGE', queue.leases, now, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, limit)
    local needed = #ended > 0 and fail(queue, ended, 0, '', args[i])
    purge_removed(queue)
    local more = run_due(queue, limit) or #ended == limit
    local _, stale, next_stale = import('manage').consumers_of(queue)
    if #stale > 0 then
      redis.call('HDEL', queue.consumers, unpack(stale))
    end
    local next_check = next_stale or math.huge
    for _, times in ipairs({ queue.leases, queue.later }) do
      local earliest = redis.call('ZRANGE', times, 0, 0, 'WITHSCORES')
      next_check = math.min(next_check, tonumber(earliest[2]) or math.huge)
    end
    if next_check < math.huge then
      redis.call('ZADD', queue.timers, next_check, name_of(queue))
    else
      redis.call('ZREM', queue.timers, name_of(queue))
    end
    queue.maybe_empty = true
    add_result(queue.became_ready - before)
    add_result(more and 1 or 0)
    add_result(needed)
  end
end

return {
  record_failures = record_failures,
  is_free = is_free,
  requeue = requeue,
  fail = fail,
  reclaim = reclaim,
}
