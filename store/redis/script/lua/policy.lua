-- Reads and changes a queue's policy and pause. Their record is text, these fields separated by spaces:
--
--     max_attempts  failed deliveries after which an event moves to the dead queue; 0 for no limit
--     backoff       delay after the first failure (ms), doubled after each further one
--     backoff_max   longest such delay (ms); 0 for no limit
--     max_length    maximum number of events in the queue; 0 for no limit
--     lease         lease of deliveries that name none (ms)
--     paused_until  when the pause ends (ms); 0 without a pause, -1 for a pause without end
--     dead_queue    + and the name of the dead queue, or - for <name of this queue>:dead
--
-- Only a record that differs from the default is stored; a queue that has one is active.

local FIELDS = { 'max_attempts', 'backoff', 'backoff_max', 'max_length', 'lease', 'paused_until', 'dead_queue' }
local RECORD_PATTERN = '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (.*)$'

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

-- Stores a policy, or deletes the record if it is the default.
local function store(queue, new_policy)
  local values, is_default = {}, true
  for i, field in ipairs(FIELDS) do
    local value = new_policy[field]
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

local function update(queue, changes)
  local new_policy = {}
  for _, field in ipairs(FIELDS) do
    new_policy[field] = changes[field] or policy_of(queue)[field]
  end
  store(queue, new_policy)
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
    queue.became_ready = math.max(queue.became_ready, redis.call('LLEN', queue.ready))
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
    update(queue, { paused_until = duration > 0 and now + duration or -1 })
    if duration > 0 then
      redis.call('ZADD', queue.later, now + duration, RESUME)
      check_by(queue, now + duration)
    else
      redis.call('ZREM', queue.later, RESUME)
    end
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

return {
  parse = parse,
  store = store,
  length_of = length_of,
  room_in = room_in,
  resume_queue = resume_queue,
  policy = policy,
  set_policy = set_policy,
  pause = pause,
  resume = resume,
}
