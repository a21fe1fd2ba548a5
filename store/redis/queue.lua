-- Every operation of okq on its queues in Redis. One call carries all the operations that one turn of okq's event loop
-- brought; each takes effect whole, in the order given.
--
-- KEYS     the six keys of each queue in the batch, in the order of queueKeys() in keys.ts
-- ARGV[1]  MessagePack array: runs of like operations on one queue, each
--            code, place of the queue (from 0), number of operations n, parameter, n times the operation's arguments
-- ARGV[2]  prefix of the Pub/Sub channels
-- ARGV[3]  PUBLISH, or SPUBLISH in a Cluster
-- ARGV[4]  who calls, without a space
-- returns  MessagePack array: the results of each operation in turn; {message} in place of a result is an error. Then,
--          for each queue where events became ready, its place and how many
--
-- Of those the other callers are told too, by a message on the queue's channel: who calls, a space, how many.
--
-- Neighbours of the same kind are done with one variadic Redis call, for a call costs more than what it does for one
-- event. Redis's own clock decides; no clock of an okq instance does.

local KEYS_PER_QUEUE = 6

local function name_of(ready_key)
  return ready_key:match('^okq:{%d+}:ready:(.*)$')
end

-- A channel is text to okq's driver: a byte above 127 is written as the UTF-8 of the character of that code.
local function channel_of(ready_key)
  local text = ready_key:gsub('[\128-\255]', function(char)
    local code = char:byte()
    return string.char(0xc0 + math.floor(code / 64), 0x80 + code % 64)
  end)
  return ARGV[2] .. text
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local arrival = struct.pack('>I6', now)

local out, size = {}, 0

local function answer(result)
  size = size + 1
  out[size] = result
end

-- The queues of this batch by place. `woke` counts events that became ready; `lost` says that something was removed,
-- so that the queue may have become inactive.
local queues = {}

local function queue_at(place)
  local queue = queues[place]
  if not queue then
    local first = place * KEYS_PER_QUEUE
    queue = {
      ready = KEYS[first + 1],
      events = KEYS[first + 2],
      leases = KEYS[first + 3],
      consumers = KEYS[first + 4],
      active = KEYS[first + 5],
      timers = KEYS[first + 6],
      woke = 0,
      lost = false,
    }
    queues[place] = queue
  end
  return queue
end

local function slice(ops, first, n)
  return { unpack(ops, first, first + n - 1) }
end

-- Makes sure that the queue is looked at by `deadline` (ms) at the latest.
local function look_by(queue, deadline)
  redis.call('ZADD', queue.timers, 'LT', deadline, name_of(queue.ready))
end

-- The events with these ids: for each the id, and its contents behind the time of arrival, or false if there is none.
local function answer_events(queue, ids)
  local held = redis.call('HMGET', queue.events, unpack(ids))
  for i = 1, #ids do
    if held[i] then
      out[size + 1] = ids[i]
      out[size + 2] = held[i]
      size = size + 2
    else
      answer(false)
    end
  end
end

-- push: id, contents; returns 1, or 0 if the queue holds the id already
local function push(list_push)
  return function(queue, n, _, ops, first)
    local ids = {}
    for i = 1, n do
      ids[i] = ops[first + 2 * i - 2]
    end
    local held = redis.call('HMGET', queue.events, unpack(ids))
    local fresh, count, fields, seen = {}, 0, {}, {}
    for i = 1, n do
      local id = ids[i]
      if held[i] or seen[id] then
        out[size + i] = 0
      else
        seen[id] = true
        count = count + 1
        fresh[count] = id
        fields[2 * count - 1] = id
        fields[2 * count] = arrival .. ops[first + 2 * i - 1]
        out[size + i] = 1
      end
    end
    size = size + n
    if count > 0 then
      local length = redis.call(list_push, queue.ready, unpack(fresh))
      redis.call('HSET', queue.events, unpack(fields))
      if length == count then
        redis.call('SADD', queue.active, name_of(queue.ready))
      end
      queue.woke = queue.woke + count
    end
    return 2 * n
  end
end

-- peek: (nothing); returns id, contents, or false
local function peek(place)
  return function(queue, n)
    for _ = 1, n do
      local id = redis.call('LINDEX', queue.ready, place)
      if id then
        answer_events(queue, { id })
      else
        answer(false)
      end
    end
    return 0
  end
end

-- pop: (nothing), parameter lease in ms, 0 to remove at once; returns id, contents, or false
local function pop(queue, n, lease)
  local ids = redis.call('RPOP', queue.ready, n) or {}
  if #ids > 0 then
    answer_events(queue, ids)
    if lease > 0 then
      local deadline = now + lease
      local leases = {}
      for i = 1, #ids do
        leases[2 * i - 1] = deadline
        leases[2 * i] = ids[i]
      end
      redis.call('ZADD', queue.leases, unpack(leases))
      look_by(queue, deadline)
    else
      redis.call('HDEL', queue.events, unpack(ids))
      queue.lost = true
    end
  end
  for _ = #ids + 1, n do
    answer(false)
  end
  return 0
end

-- ack: id; returns the number of events removed, 0 or 1. Only an event that waits again is searched for in the list,
-- from the right, where it came back.
local function ack(queue, n, _, ops, first)
  local ids = slice(ops, first, n)
  local leased = redis.call('ZMSCORE', queue.leases, unpack(ids))
  local processing, seen = {}, {}
  for i = 1, n do
    local id = ids[i]
    if seen[id] then
      answer(0)
    elseif leased[i] then
      processing[#processing + 1] = id
      answer(1)
    else
      local removed = redis.call('HDEL', queue.events, id)
      if removed == 1 then
        redis.call('LREM', queue.ready, -1, id)
      end
      answer(removed)
    end
    seen[id] = true
  end
  if #processing > 0 then
    redis.call('HDEL', queue.events, unpack(processing))
    redis.call('ZREM', queue.leases, unpack(processing))
  end
  queue.lost = true
  return n
end

-- redo: id; returns 1, or 0 if it is not being processed
local function redo(queue, n, _, ops, first)
  for i = first, first + n - 1 do
    local given_back = redis.call('ZREM', queue.leases, ops[i])
    if given_back == 1 then
      redis.call('RPUSH', queue.ready, ops[i])
      queue.woke = queue.woke + 1
    end
    answer(given_back)
  end
  return n
end

-- flush: (nothing); returns 1
local function flush(queue, n)
  redis.call('UNLINK', queue.ready, queue.events, queue.leases)
  queue.lost = true
  for _ = 1, n do
    answer(1)
  end
  return 0
end

-- ready: (nothing); returns the number of ready events
local function ready(queue, n)
  local length = redis.call('LLEN', queue.ready)
  for _ = 1, n do
    answer(length)
  end
  return 0
end

-- How many consumers there are, which instances are to be forgotten, and when the next is (ms, or nil).
local function consumers_of(queue)
  local total, stale, soonest = 0, {}, nil
  local fields = redis.call('HGETALL', queue.consumers)
  for i = 1, #fields, 2 do
    local count, forgotten_at = fields[i + 1]:match('^(%d+):(%d+)$')
    forgotten_at = tonumber(forgotten_at)
    if forgotten_at > now then
      total = total + count
      soonest = math.min(soonest or forgotten_at, forgotten_at)
    else
      stale[#stale + 1] = fields[i]
    end
  end
  return total, stale, soonest
end

-- status: (nothing); returns total, processing, consumers
local function status(queue, n)
  for _ = 1, n do
    answer(redis.call('HLEN', queue.events))
    answer(redis.call('ZCARD', queue.leases))
    answer((consumers_of(queue)))
  end
  return 0
end

-- register: instance, consumers, parameter how long they count in ms; returns 1
local function register(queue, n, ttl, ops, first)
  for i = first, first + 2 * n - 2, 2 do
    local instance, count = ops[i], tonumber(ops[i + 1])
    if count > 0 then
      redis.call('HSET', queue.consumers, instance, string.format('%d:%.0f', count, now + ttl))
      redis.call('SADD', queue.active, name_of(queue.ready))
      look_by(queue, now + ttl)
    else
      redis.call('HDEL', queue.consumers, instance)
      queue.lost = true
    end
    answer(1)
  end
  return 2 * n
end

-- reclaim: (nothing), parameter how many leases to end at the most; returns how many were ended. Of those due the
-- latest goes first, so that over any number of calls the oldest deadline ends right-most, next to be popped.
local function reclaim(queue, n, limit)
  for _ = 1, n do
    local due = redis.call('ZRANGE', queue.leases, now, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, limit)
    if #due > 0 then
      redis.call('ZREM', queue.leases, unpack(due))
      redis.call('RPUSH', queue.ready, unpack(due))
      queue.woke = queue.woke + #due
    end
    local _, stale, soonest = consumers_of(queue)
    if #stale > 0 then
      redis.call('HDEL', queue.consumers, unpack(stale))
    end
    local lease = redis.call('ZRANGE', queue.leases, 0, 0, 'WITHSCORES')
    local deadline = math.min(tonumber(lease[2]) or math.huge, soonest or math.huge)
    if deadline < math.huge then
      redis.call('ZADD', queue.timers, deadline, name_of(queue.ready))
    else
      redis.call('ZREM', queue.timers, name_of(queue.ready))
    end
    queue.lost = true
    answer(#due)
  end
  return 0
end

-- The codes are those of operations.ts.
local operations = {
  push('LPUSH'),
  push('RPUSH'),
  peek(0),
  peek(-1),
  pop,
  ack,
  redo,
  flush,
  ready,
  status,
  register,
  reclaim,
}
local arguments = { 2, 2, 0, 0, 0, 1, 1, 0, 0, 0, 2, 0 }

-- In a slot that is on its way to another node of a Cluster no key can be made, nor can a missing one be looked at. All
-- of KEYS are here, or this would not run; but an operation may empty one that the next, or its own second half, needs.
-- So nothing is begun, and okq tries again until the slot has arrived. Two keys that never exist tell.
if ARGV[3] == 'SPUBLISH' then
  local partition = KEYS[1]:match('^okq:{%d+}:')
  local probe = redis.pcall('EXISTS', partition .. 'absent:1', partition .. 'absent:2')
  if type(probe) == 'table' then
    return redis.error_reply('TRYAGAIN the slot is on its way to another node')
  end
end

local ops = cmsgpack.unpack(ARGV[1])
local at = 1
while at <= #ops do
  local code, n = ops[at], ops[at + 2]
  local queue, first, mark = queue_at(ops[at + 1]), at + 4, size
  local done, problem = pcall(operations[code], queue, n, ops[at + 3], ops, first)
  if not done then
    local message = (type(problem) == 'table' and problem.err or tostring(problem)):gsub('^[^%u]*', '')
    if message:find('^READONLY') or message:find('^MISCONF') or message:find('^NOREPLICAS') then
      -- Redis lets nobody write, so nothing has been: okq tries all of it again.
      return redis.error_reply(message)
    end
    size = mark
    for _ = 1, n do
      answer({ message })
    end
    for i = size + 1, #out do
      out[i] = nil
    end
  end
  at = first + n * arguments[code]
end

for place, queue in pairs(queues) do
  if queue.woke > 0 then
    redis.call(ARGV[3], channel_of(queue.ready), ARGV[4] .. ' ' .. queue.woke)
    answer(place)
    answer(queue.woke)
  end
  if queue.lost and redis.call('EXISTS', queue.events, queue.consumers) == 0 then
    redis.call('SREM', queue.active, name_of(queue.ready))
    redis.call('ZREM', queue.timers, name_of(queue.ready))
  end
end

return cmsgpack.pack(out)
