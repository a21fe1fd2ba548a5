-- Changes a queue as a whole: policy, pause, consumers; flushes it.
--
-- The record of policy, pause and tombstones is text, these fields separated by spaces:
--
--     max_attempts  failed deliveries after which an event moves to the dead queue; 0 for no limit
--     backoff       delay after the first failure (ms), doubled after each further one
--     backoff_max   longest such delay (ms); 0 for no limit
--     max_length    maximum number of events in the queue; 0 for no limit
--     lease         lease of deliveries that name none (ms)
--     paused_until  when the pause ends (ms); 0 without a pause, -1 for a pause without end
--     tombstones    entries of the ready list whose events were removed
--     dead_queue    + and the name of the dead queue, or - for <name of this queue>:dead
--
-- Only a record that differs from the default is stored; a queue that has one is active.

local FIELDS = {
  'max_attempts',
  'backoff',
  'backoff_max',
  'max_length',
  'lease',
  'paused_until',
  'tombstones',
  'dead_queue',
}
local RECORD_PATTERN = '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (.*)$'

-- In set_policy: a field that does not change.
local UNCHANGED = '~'

local function parse(record)
  local values = { record:match(RECORD_PATTERN) }
  local fields = {}
  for i, field in ipairs(FIELDS) do
    fields[field] = tonumber(values[i])
  end
  fields.dead_queue = values[#FIELDS]
  return fields
end

-- Changes fields of the record; deletes it if all have their defaults.
local function update(queue, changes)
  local new_policy, values, is_default = {}, {}, true
  for i, field in ipairs(FIELDS) do
    local value = changes[field] or policy_of(queue)[field]
    new_policy[field] = value
    values[i] = field == 'dead_queue' and value or string.format('%.17g', value)
    is_default = is_default and value == DEFAULT_POLICY[field]
  end
  if is_default then
    redis.call('HDEL', queue.events, POLICY_FIELD)
    queue.policy = DEFAULT_POLICY
    queue.maybe_empty = true
  else
    redis.call('HSET', queue.events, POLICY_FIELD, table.concat(values, ' '))
    redis.call('SADD', queue.active, name_of(queue))
    queue.policy = new_policy
  end
end

local function length_of(queue)
  return redis.call('HLEN', queue.events) - (policy_of(queue) == DEFAULT_POLICY and 0 or 1)
end

-- Returns how many more events the queue may hold.
local function room_in(queue)
  local max_length = policy_of(queue).max_length
  return max_length > 0 and max_length - length_of(queue) or math.huge
end

-- Ends a pause, also one that is over but still in the record.
local function resume_queue(queue)
  if policy_of(queue).paused_until ~= 0 then
    redis.call('ZREM', queue.later, RESUME)
    update(queue, { paused_until = 0 })
    queue.became_ready = math.max(queue.became_ready, modules.ready_list.length_of(queue))
  end
end

-- policy
--   result     the record, or false
local function policy(queue, n)
  for _ = 1, n do
    add_result(redis.call('HGET', queue.events, POLICY_FIELD))
  end
end

-- set_policy
--   arguments  a record, in which ~ stands for a field that does not change
--   result     1
local function set_policy(queue, n, _, args, first)
  for i = first, first + n - 1 do
    local changes = parse(args[i])
    if changes.dead_queue == UNCHANGED then
      changes.dead_queue = nil
    end
    update(queue, changes)
    add_result(1)
  end
end

-- pause
--   parameter  duration (ms); 0 for no end
--   result     1
local function pause(queue, n, duration)
  for _ = 1, n do
    if duration > 0 then
      check_by(queue, now + duration)
      redis.call('ZADD', queue.later, now + duration, RESUME)
    else
      redis.call('ZREM', queue.later, RESUME)
    end
    update(queue, { paused_until = duration > 0 and now + duration or -1 })
    add_result(1)
  end
end

-- resume
--   result     1
local function resume(queue, n)
  for _ = 1, n do
    resume_queue(queue)
    add_result(1)
  end
end

-- Returns the number of consumers, the instances whose registrations have ended, and when the next one ends (ms) or
-- nil.
local function consumers_of(queue)
  local total, stale, next_stale = 0, {}, nil
  local fields = redis.call('HGETALL', queue.consumers)
  for i = 1, #fields, 2 do
    local count, valid_until = fields[i + 1]:match('^(%d+):(%d+)$')
    valid_until = tonumber(valid_until)
    if valid_until > now then
      total = total + count
      next_stale = math.min(next_stale or valid_until, valid_until)
    else
      stale[#stale + 1] = fields[i]
    end
  end
  return total, stale, next_stale
end

-- register
--   arguments  name of the okq instance, its number of consumers
--   parameter  validity of the registration (ms)
--   result     1
local function register(queue, n, ttl, args, first)
  for i = first, first + 2 * n - 2, 2 do
    local instance, count = args[i], tonumber(args[i + 1])
    if count > 0 then
      allow_writes(queue)
      check_by(queue, now + ttl)
      redis.call('HSET', queue.consumers, instance, string.format('%d:%.0f', count, now + ttl))
      redis.call('SADD', queue.active, name_of(queue))
    else
      redis.call('HDEL', queue.consumers, instance)
      queue.maybe_empty = true
    end
    add_result(1)
  end
end

-- flush: removes all events; policy and pause stay
--   result     1
local function flush(queue, n)
  local contents = modules.contents
  if not contents.sweep_flushed(queue) then
    return 0
  end
  local paused_until = policy_of(queue).paused_until
  redis.call('UNLINK', queue.ready, queue.events, queue.leases, queue.later, queue.failed, queue.tombstones)
  contents.flush(queue)
  queue.removed = {}
  queue.maybe_empty = true
  update(queue, { tombstones = 0 })
  if paused_until > 0 then
    redis.call('ZADD', queue.later, paused_until, RESUME)
  end
  for _ = 1, n do
    add_result(1)
  end
end

modules.queue = {
  parse = parse,
  update = update,
  length_of = length_of,
  room_in = room_in,
  resume_queue = resume_queue,
  consumers_of = consumers_of,
}

operations.policy = policy
operations.set_policy = set_policy
operations.pause = pause
operations.resume = resume
operations.register = register
operations.flush = flush
