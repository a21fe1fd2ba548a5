-- Limits how many events a queue delivers: `max_processing` and `rate` of its policy.
--
-- The rate is that of a bucket. It holds what the queue could have delivered since `rate_used` and did not, but at most
-- the events of a second and at least one; a delivery moves `rate_used` on by its share of a second.

-- Times are rounded to a quarter of a microsecond.
local ROUNDING_MS = 0.001

-- Returns since when the bucket fills (ms). After the clock was set back that may be a time to come: then it is empty.
local function filling_since(policy)
  local fullest = math.max(1000, 1000 / policy.rate)
  return math.min(math.max(policy.rate_used, now_us / 1000 - fullest), now_us / 1000)
end

-- Returns how many events the queue may deliver now, and how long it must wait for the next one (ms) if only its rate
-- allows none. Events that are removed when they are delivered are never being processed.
local function allowed_in(queue, are_removed)
  local policy, events, wait = policy_of(queue), math.huge, 0
  if policy.max_processing > 0 then
    events = math.max(0, policy.max_processing - redis.call('ZCARD', queue.leases))
    events = are_removed and events > 0 and math.huge or events
  end
  if policy.rate > 0 then
    local filled = now_us / 1000 - filling_since(policy)
    local saved = math.floor((filled + ROUNDING_MS) * policy.rate / 1000)
    if saved == 0 and events > 0 then
      wait = math.max(1, math.ceil(1000 / policy.rate - filled))
    end
    events = math.min(events, saved)
  end
  return events, wait
end

-- Returns how many events a pop or claim may take.
local function allowed_to_take(queue, are_removed)
  queue.took = true
  if queue.policy.rate_used > now_us / 1000 + ROUNDING_MS then
    allow_writes(queue)
    modules.queue.update(queue, { rate_used = now_us / 1000 })
  end
  return (allowed_in(queue, are_removed))
end

local function take_from_bucket(queue, events)
  local policy = queue.policy
  if policy.rate > 0 then
    allow_writes(queue)
    modules.queue.update(queue, { rate_used = filling_since(policy) + events * 1000 / policy.rate })
  end
end

-- Sets what a call tells of a limited queue: `became_ready` and `wait` to its sender, `notice` to all.
--
-- It tells of no more events than may be delivered. If these wait only for the rate, it tells how long: so each okq
-- with waiting clients knows it from its own calls, or from a notice of new events. A call that takes events, or would
-- have taken some, tells its sender also of those that may follow at once.
local function set_notice(queue)
  local policy = queue.policy
  local length = is_paused(queue) and 0 or modules.ready_list.length_of(queue)
  local allowed, wait = allowed_in(queue, false)
  local ended = policy.max_processing > 0 and queue.ended_leases or 0
  local new = math.min(queue.became_ready + ended, length)
  local announced = math.min(new, allowed)
  queue.became_ready = queue.took and policy.rate > 0 and math.min(length, allowed) or announced
  queue.wait = length > 0 and wait or 0
  queue.notice = announced > 0 and announced or new > 0 and wait > 0 and '0 ' .. wait
end

modules.limits = {
  allowed_in = allowed_in,
  allowed_to_take = allowed_to_take,
  take_from_bucket = take_from_bucket,
  set_notice = set_notice,
}
