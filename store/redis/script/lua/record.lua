-- What only operations need that heed or change what was said of a queue, besides policy.lua.

local FIELDS = { 'max_attempts', 'backoff', 'backoff_max', 'max_length', 'lease', 'paused_until', 'dead_queue' }
local FIELDS_OF_TEXT = '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (.*)$'

local function read_record(record)
  local values = { record:match(FIELDS_OF_TEXT) }
  local policy = {}
  for i, field in ipairs(FIELDS) do
    policy[field] = tonumber(values[i])
  end
  policy.dead_queue = values[#FIELDS]
  return policy
end

-- How many events the queue holds.
local function total_of(queue)
  return redis.call('HLEN', queue.events) - (policy_of(queue) == NO_POLICY and 0 or 1)
end

-- How many more it may hold.
local function room_in(queue)
  local most = policy_of(queue).max_length
  return most > 0 and most - total_of(queue) or math.huge
end

-- Writes what was said of the queue, or takes the record away if that is nothing.
local function save(queue, policy)
  local values, says_nothing = {}, true
  for i, field in ipairs(FIELDS) do
    local value = policy[field]
    values[i] = field == 'dead_queue' and value or string.format('%.17g', value)
    says_nothing = says_nothing and value == NO_POLICY[field]
  end
  if says_nothing then
    redis.call('HDEL', queue.events, RECORD)
    queue.policy = NO_POLICY
    queue.lost = true
  else
    redis.call('HSET', queue.events, RECORD, table.concat(values, ' '))
    redis.call('SADD', queue.active, name_of(queue.ready))
    queue.policy = policy
  end
end

-- Saves the policy with some fields changed.
local function change(queue, fields)
  local changed = {}
  for _, field in ipairs(FIELDS) do
    changed[field] = fields[field] or policy_of(queue)[field]
  end
  save(queue, changed)
end

-- Hands out events again, and tells of all that are ready.
local function hand_out_again(queue)
  if policy_of(queue).paused_until ~= 0 then
    redis.call('ZREM', queue.later, RESUME)
    change(queue, { paused_until = 0 })
    queue.woke = math.max(queue.woke, redis.call('LLEN', queue.ready))
  end
end
