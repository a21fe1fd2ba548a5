-- Changes a queue as a whole: policy, pause, consumers; flushes it.
--
-- The record of policy, pause, tombstones and timetables is text, these fields separated by spaces:
--
--     max_attempts  failed deliveries after which an event moves to the dead queue; 0 for no limit
--     backoff       delay after the first failure (ms), doubled after each further one
--     backoff_max   longest such delay (ms); 0 for no limit
--     max_length    maximum number of events in the queue; 0 for no limit
--     lease         lease of deliveries that name none (ms)
--     group_limit   maximum number of events of a group that hold a place
--     remember      how long the id of an acknowledged event stays taken (ms); 0 for not at all
--     max_processing  maximum number of leased events; 0 for no limit
--     rate          maximum number of deliveries per second; 0 for no limit
--     paused_until  when the pause ends (ms); 0 without a pause, -1 for a pause without end
--     tombstones    entries of the ready list whose events were removed
--     rate_used     as limits.lua describes it (ms)
--     timetables    number of timetables
--     dead_queue    + and the name of the dead queue, or - for <name of this queue>:dead
--
-- Only a record that differs from the default is stored; a queue that has one is active.

local FIELDS = {
  'max_attempts',
  'backoff',
  'backoff_max',
  'max_length',
  'lease',
  'group_limit',
  'remember',
  'max_processing',
  'rate',
  'paused_until',
  'tombstones',
  'rate_used',
  'timetables',
  'dead_queue',
}
local RECORD_PATTERN = '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (.*)$'

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
    local limit = policy_of(queue).group_limit
    if (changes.group_limit or limit) > limit then
      redis.call('ZADD', queue.later, 0, LET_IN)
      check_by(queue, now)
    end
    if changes.rate then
      changes.rate_used = changes.rate > 0 and now_us / 1000 or 0
    end
    if is_limited(policy_of(queue)) then
      queue.became_ready = math.max(queue.became_ready, modules.ready_list.length_of(queue))
    end
    update(queue, changes)
    if queue.policy.remember == 0 then
      redis.call('UNLINK', queue.done)
    end
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

-- An instance of okq has an entry in `instances` from its first registration until its last is removed. The entry is
--
--     a time to come       it is alive until then (us)
--     a time that is past  its consumers do not count, until it shows again that it is alive
--     negative             it is dead for good, and its consumers are being removed: since then (us), or LOST
--
-- Every registration sets a new time. So if the time in Redis is earlier than the last one that the instance was told,
-- Redis has lost registrations, as after a failover. Then the instance is dead, and registers under another name.
local LOST = -1

-- Returns the number of consumers of a queue, and its instances that are dead for good.
local function consumers_of(queue)
  local fields = redis.call('HGETALL', queue.consumers)
  local total, dead, instances = 0, {}, {}
  for i = 1, #fields, 2 do
    instances[#instances + 1] = fields[i]
  end
  local times = #instances > 0 and redis.call('ZMSCORE', queue.instances, unpack(instances))
  for i, instance in ipairs(instances) do
    local alive_until = tonumber(times[i] or LOST)
    if alive_until > now_us then
      total = total + fields[2 * i]
    elseif alive_until < 0 then
      dead[#dead + 1] = instance
    end
  end
  return total, dead
end

-- register
--   arguments  name of the okq instance, its number of consumers, and the last result it got by that name or 0
--   parameter  how long it is alive from now (ms); 0 with its last queue
--   result     until when it is alive (us); 0 if it is dead for good or Redis has lost registrations of it: nothing was
--              done
local function register(queue, n, ttl, args, first)
  for i = first, first + 3 * n - 3, 3 do
    local instance, count, known = args[i], args[i + 1], args[i + 2]
    local alive_until = now_us + ttl * 1000
    allow_writes(queue)
    local before = tonumber(redis.call('ZSCORE', queue.instances, instance) or 0)
    if before < known then
      if before > 0 then
        redis.call('ZADD', queue.instances, LOST, instance)
      end
      alive_until = 0
    else
      if ttl > 0 then
        redis.call('ZADD', queue.instances, alive_until, instance)
      end
      if count > 0 then
        redis.call('HSET', queue.consumers, instance, count)
        redis.call('SADD', queue.active, name_of(queue))
      else
        redis.call('HDEL', queue.consumers, instance)
        queue.maybe_empty = true
      end
      if ttl == 0 then
        redis.call('ZREM', queue.instances, instance)
      end
    end
    add_result(alive_until)
  end
end

-- forget_dead: removes the consumers of instances that are dead for good
--   result     1
local function forget_dead(queue, n)
  local _, dead = consumers_of(queue)
  if #dead > 0 then
    allow_writes(queue)
    redis.call('HDEL', queue.consumers, unpack(dead))
    queue.maybe_empty = true
  end
  for _ = 1, n do
    add_result(1)
  end
end

-- flush: removes all events; policy, pause and timetables stay
--   result     1
local function flush(queue, n)
  local contents = modules.contents
  if not contents.sweep_flushed(queue) then
    return 0
  end
  local paused_until = policy_of(queue).paused_until
  redis.call('UNLINK', queue.ready, queue.events, queue.leases, queue.later, queue.failed, queue.tombstones, queue.done)
  redis.call('UNLINK', queue.groups, queue.blocked)
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
operations.forget_dead = forget_dead
operations.flush = flush
