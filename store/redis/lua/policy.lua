-- What was said of a queue as a whole, and whether it is paused. It is the record under the empty field of `events`,
-- for no event has an empty id: so it is read with the events, at no cost where there is none. It is there only if it
-- says something: a queue that has one counts as active.
--
-- The record is text: after how many failures an event goes to the dead queue, backoff and its maximum (ms), the most
-- events that the queue may hold, lease (ms), until when it is paused (ms; 0 if not, -1 for ever); then - or, behind
-- a +, the name of the dead queue. policy.ts says more.
local RECORD = ''

-- In `later` the end of a pause stands among the events that something will happen to, but under this alone.
local RESUME = 'p'

-- Of a queue without a record.
local NO_POLICY = {
  max_attempts = 0,
  backoff = 0,
  backoff_max = 0,
  max_length = 0,
  lease = 30000,
  paused_until = 0,
  dead_queue = '-',
}
local FIELDS = { 'max_attempts', 'backoff', 'backoff_max', 'max_length', 'lease', 'paused_until', 'dead_queue' }
local FIELDS_OF_TEXT = '^' .. ('(%S+) '):rep(#FIELDS - 1) .. '(.*)$'

local function read_record(queue, record)
  if record then
    local policy = {}
    local values = { record:match(FIELDS_OF_TEXT) }
    for i, field in ipairs(FIELDS) do
      policy[field] = tonumber(values[i])
    end
    policy.dead_queue = values[#FIELDS]
    queue.policy = policy
  else
    queue.policy = NO_POLICY
  end
end

local function policy_of(queue)
  if not queue.policy then
    read_record(queue, redis.call('HGET', queue.events, RECORD))
  end
  return queue.policy
end

-- What `events` holds of these ids.
local function held_of(queue, ids)
  if queue.policy then
    return redis.call('HMGET', queue.events, unpack(ids))
  end
  local n = #ids
  ids[n + 1] = RECORD
  local held = redis.call('HMGET', queue.events, unpack(ids))
  ids[n + 1] = nil
  read_record(queue, held[n + 1])
  held[n + 1] = nil
  return held
end

-- Whether the queue hands nothing out.
local function is_paused(queue)
  local till = policy_of(queue).paused_until
  return till ~= 0 and (till < 0 or till > now)
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

-- The name of the queue where events go after their last attempt.
local function dead_queue_of(queue)
  local name = policy_of(queue).dead_queue
  return name == '-' and name_of(queue.ready) .. ':dead' or name:sub(2)
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
