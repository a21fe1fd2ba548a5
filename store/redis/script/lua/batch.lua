-- Every operation of okq on its queues in Redis. One call carries all the operations that one turn of okq's event loop
-- brought; each takes effect whole, in the order given.
--
-- KEYS     the eight keys of each queue in the batch, in the order of queueKeys() in keys.ts
-- ARGV[1]  MessagePack array: runs of like operations on one queue, each
--            code, place of the queue (from 0), number of operations n, parameter, n times the operation's arguments
-- ARGV[2]  prefix of the Pub/Sub channels
-- ARGV[3]  PUBLISH, or SPUBLISH in a Cluster
-- ARGV[4]  who calls, without a space
-- returns  MessagePack array: the results of each operation in turn; {message} in place of a result is an error. Then,
--          for each queue where anything of it is not 0: its place, how many events became ready, and what was counted,
--          in the order of PUSHED and so on below
--
-- Of those that became ready the other callers are told too, by a message on the queue's channel: who calls, a space,
-- how many.
--
-- Neighbours of the same kind are done with one variadic Redis call, for a call costs more than what it does for one
-- event. Redis's own clock decides; no clock of an okq instance does.

local KEYS_PER_QUEUE = 8

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

local out, size = {}, 0

local function answer(result)
  size = size + 1
  out[size] = result
end

-- Makes the operations, and other functions, that few calls need: see queue_script.ts.
local make_rest, rest
local function the_rest()
  rest = rest or make_rest()
  return rest
end

-- What is counted of each queue, in the words of counts.ts.
local PUSHED, ACKED, REDELIVERED, DEAD, EXPIRED = 1, 2, 3, 4, 5

-- The queues of this batch by place. `woke` counts events that became ready; `lost` says that something was removed,
-- so that the queue may have become inactive; `gone` holds lists of the ids of events that were removed, of which
-- `later` and `failed` may still know: see tidy(). `policy` is false until it has been read (see policy.lua), `counts`
-- until there is something to count.
local queues = {}

local function queue_at(place)
  local queue = queues[place]
  if not queue then
    local first = place * KEYS_PER_QUEUE
    queue = {
      ready = KEYS[first + 1],
      events = KEYS[first + 2],
      leases = KEYS[first + 3],
      later = KEYS[first + 4],
      failed = KEYS[first + 5],
      consumers = KEYS[first + 6],
      active = KEYS[first + 7],
      timers = KEYS[first + 8],
      woke = 0,
      lost = false,
      policy = false,
      counts = false,
      gone = {},
    }
    queues[place] = queue
  end
  return queue
end

-- Makes sure that the queue is looked at by `deadline` (ms) at the latest.
local function look_by(queue, deadline)
  redis.call('ZADD', queue.timers, 'LT', deadline, name_of(queue.ready))
end

local function tally(queue, what, events)
  local counts = queue.counts or { 0, 0, 0, 0, 0 }
  counts[what] = counts[what] + events
  queue.counts = counts
end
