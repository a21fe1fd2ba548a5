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

local function heed(queue, record)
  queue.policy = record and the_rest().read_record(record) or NO_POLICY
end

local function policy_of(queue)
  if not queue.policy then
    heed(queue, redis.call('HGET', queue.events, RECORD))
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
  heed(queue, held[n + 1])
  held[n + 1] = nil
  return held
end

-- Whether the queue hands nothing out.
local function is_paused(queue)
  local till = policy_of(queue).paused_until
  return till ~= 0 and (till < 0 or till > now)
end
