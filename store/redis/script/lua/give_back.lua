-- How many deliveries of each event have ended without an acknowledgement, this one included.
local MOST = 65535
local function failures_of(failed)
  return math.min((failed and struct.unpack('>I2', failed) or 0) + 1, MOST)
end

-- Remembers that: 2 bytes, and what was said of the last.
local function count_up(queue, ids, reason)
  local failed = redis.call('HMGET', queue.failed, unpack(ids))
  local fields = {}
  for i = 1, #ids do
    fields[2 * i - 1] = ids[i]
    fields[2 * i] = struct.pack('>I2', failures_of(failed[i])) .. (reason or (failed[i] or ''):sub(3))
  end
  redis.call('HSET', queue.failed, unpack(fields))
end

-- Moves events that wait nowhere to the dead queue, where they stay for ever. The last is the first to be popped there.
local function bury(queue, dead, ids)
  local values = redis.call('HMGET', queue.events, unpack(ids))
  local failed = redis.call('HMGET', queue.failed, unpack(ids))
  local head = birth() .. '\0'
  local events, failures, entering = {}, {}, {}
  for i = 1, #ids do
    entering[#ids + 1 - i] = ids[i]
    events[2 * i - 1], failures[2 * i - 1] = ids[i], ids[i]
    events[2 * i], failures[2 * i] = head .. contents_of(values[i]), failed[i]
  end
  tidy(dead)
  redis.call('HSET', dead.events, unpack(events))
  redis.call('HSET', dead.failed, unpack(failures))
  redis.call('LPUSH', dead.ready, unpack(entering))
  redis.call('SADD', dead.active, name_of(dead.ready))
  dead.woke = dead.woke + #ids
  remove(queue, ids)
  tally(queue, DEAD, #ids)
end

-- Whether an id is free in a queue. Makes it so, if its event's time is up.
local function is_free(queue, id)
  local value = redis.call('HEXISTS', queue.events, id) == 1 and redis.call('HGET', queue.events, id)
  return not value or drop_if_over(queue, id, value)
end

-- Ends deliveries: their events enter on the right after `delay` ms, the last of them next to be popped; those whose
-- time is up are removed; the dead queue, if it is given, gets those that `is_last` says and whose ids are free there.
-- Call tidy() before. Returns how many came back.
local function come_back(queue, ids, delay, dead, is_last)
  redis.call('ZREM', queue.leases, unpack(ids))
  local ends = redis.call('ZMSCORE', queue.later, unpack(entries_of(EXPIRE, ids)))
  local back, over, letters = {}, {}, {}
  for i = 1, #ids do
    local time_up = ends[i] and tonumber(ends[i])
    local way = back
    if time_up and (time_up <= now or time_up == math.huge) then
      way = over
    elseif dead and is_last[i] and is_free(dead, ids[i]) then
      way = letters
    end
    way[#way + 1] = ids[i]
  end
  if #over > 0 then
    remove(queue, over)
    tally(queue, EXPIRED, #over)
  end
  if #letters > 0 then
    bury(queue, dead, letters)
  end
  if #back > 0 and delay > 0 then
    local due = microseconds / 1000 + delay
    for _, id in ipairs(back) do
      redis.call('ZADD', queue.later, due, ENTER_RIGHT .. id)
    end
    look_by(queue, due)
  elseif #back > 0 then
    redis.call('RPUSH', queue.ready, unpack(back))
    queue.woke = queue.woke + #back
  end
  return #back
end

-- The name of the queue where events go after their last attempt.
local function dead_queue_of(queue)
  local name = policy_of(queue).dead_queue
  return name == '-' and name_of(queue.ready) .. ':dead' or name:sub(2)
end

-- How long an event is kept back after a failure, as backoffMs() in policy.ts says: at most a thousand years.
local LONGEST = 31536000000000
local function backoff_of(policy, failures)
  local longest = policy.backoff_max > 0 and policy.backoff_max or LONGEST
  return math.min(policy.backoff * 2 ^ math.min(failures - 1, 100), longest, LONGEST)
end

-- Ends deliveries that failed, as come_back() does; a delay of -1 is as long as the policy says for the first of them.
-- Returns the name of the dead queue, having done nothing, if one is needed that is not at `place`. A queue that stands
-- in for its own dead queue has none: its events come back.
local function fail(queue, ids, delay, reason, place)
  local policy = policy_of(queue)
  local is_last, dead = {}, nil
  if policy ~= NO_POLICY then
    local failed = redis.call('HMGET', queue.failed, unpack(ids))
    if delay < 0 then
      delay = backoff_of(policy, failures_of(failed[1]))
    end
    local any = false
    for i = 1, #ids do
      is_last[i] = policy.max_attempts > 0 and failures_of(failed[i]) >= policy.max_attempts
      any = any or is_last[i]
    end
    if any then
      local name = dead_queue_of(queue)
      dead = place >= 0 and queue_at(place)
      if not dead or (dead ~= queue and name_of(dead.ready) ~= name) then
        return name
      end
    end
  end
  count_up(queue, ids, reason)
  tally(queue, REDELIVERED, come_back(queue, ids, math.max(delay, 0), dead ~= queue and dead, is_last))
  return false
end

-- redo: id, receipt or nothing; returns 1, or 0 if that delivery is not the current one
-- release: the same; gives back what nobody has seen, and so does not count
local function give_back(counts)
  return function(queue, n, _, ops, first)
    for i = first, first + 2 * n - 2, 2 do
      local ids = { ops[i] }
      local is_current = current(queue, ids, { ops[i + 1] })[1]
      if is_current then
        if counts then
          count_up(queue, ids)
        end
        local back = come_back(queue, ids, 0)
        if counts then
          tally(queue, REDELIVERED, back)
        end
      end
      answer(is_current and 1 or 0)
    end
  end
end

-- nack: id, receipt or nothing, reason, place of the dead queue or -1, parameter delay in ms or -1 for the policy's;
-- returns like redo and false, or 0 and the name of the dead queue if that is needed, having done nothing
local function nack(queue, n, delay, ops, first)
  for i = first, first + 4 * n - 4, 4 do
    local ids = { ops[i] }
    local is_current = current(queue, ids, { ops[i + 1] })[1]
    local needed = is_current and fail(queue, ids, delay, ops[i + 2], ops[i + 3])
    answer(is_current and not needed and 1 or 0)
    answer(needed)
  end
end
