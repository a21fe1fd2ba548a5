-- Applies okq's operations to its queues in Redis. This file holds what every call needs.
--
-- One call carries a batch: the operations that okq collected in one tick of its event loop, applied in order, each
-- whole. A call that has done enough work ends early; okq sends the rest of its batch again.
--
-- KEYS     queues, timers, instances, timetables and schedule, which the queues of the batch share; then the twelve
--          keys of each queue, in the order of queueKeys() in keys.ts. Keys with large contents are not among them:
--          contents.lua.
-- ARGV[1]  MessagePack array of runs. A run is n operations of one kind on one queue:
--            name of the operation, its number of arguments, index of the queue (from 0), n, parameter, then n times
--            the arguments
-- ARGV[2]  prefix of the Pub/Sub channels
-- ARGV[3]  PUBLISH, or SPUBLISH in a Cluster
-- ARGV[4]  name of the sender, without spaces
-- ARGV[5]  number of operations that earlier calls with this batch have done
-- ARGV[6]  number of the batch, if the next one may name it in ARGV[7]; otherwise 0
-- ARGV[7]  number of the batch that must be done before this one, or 0
-- ARGV[8]  1 if okq may not have read yet what it got of an earlier call, otherwise 0
-- ARGV[9…] large contents, as their size (4 bytes) and token; a number in place of contents tells which, from 1
-- returns  MessagePack array: the number of operations done, {message} of an error after them or false, the results of
--          each operation, in order; an operation that failed has {message} instead. Then, for each queue where any of
--          these is not 0: index of the queue, number of events that became ready, and the counts in the order of
--          PUSHED to EXPIRED below, and how long ready events wait for the rate of the queue (ms)
--
-- Where events became ready, it publishes "<sender> <number of events>" on the queue's channel; if they wait for its
-- rate, "<sender> 0 <time until then in ms>".
--
-- A run makes one variadic Redis command where it can, because a command costs more than its work on one event. All
-- times come from Redis's clock, never from an okq instance.
--
-- Any command may fail, because a permission was taken away. So each operation writes in an order in which an event
-- that was stored stays ready, delayed or leased: to the place where it goes first, then to the place where it was.
--
-- As a library of Redis functions this is created once, with `is_library` set, as a script for each call:
-- queue_script.ts. So begin() sets all that belongs to one call.

local SHARED_KEYS, KEYS_PER_QUEUE = 5, 12

-- The operations by name, and by file what the files offer each other.
local operations, modules = {}, {}

local KEYS, ARGV
local now, now_us -- the time in ms and microseconds
local results, result_count
local queues, pushes, work, wrote, freed, any_unread, unread -- see below, and contents.lua

local function begin(keys, args)
  KEYS, ARGV = keys, args
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
  now_us = time[1] * 1000000 + time[2]
  results, result_count = {}, 0
  queues, pushes, work, wrote, freed = {}, 0, 0, is_library, 0
  any_unread, unread = args[8] == '1', {}
end

local function add_result(result)
  result_count = result_count + 1
  results[result_count] = result
end

-- The queues of the batch by index. Besides their keys:
--   became_ready  number of events that this call made ready and did not deliver
--   ended_leases  number of events that are no longer leased
--   took          a pop or claim asked for events of a limited queue
--   wait          how long ready events wait for the rate of the queue (ms); set at the end
--   notice        what the call publishes, if anything; set at the end
--   maybe_empty   something was removed, so the queue may no longer be active
--   has_groups    the call has seen an event with a group
--   removed       ids of removed events, each time with `keep`, that `later`, `failed` and `large` may still hold: see
--                 purge_removed()
--   policy        see policy_of(); false until it is loaded
--   counts        number of events by PUSHED to EXPIRED, as in counters.ts; false while nothing is counted
local PUSHED, ACKED, REDELIVERED, DEAD, EXPIRED = 1, 2, 3, 4, 5

local function queue_at(index)
  local queue = queues[index]
  if not queue then
    local first = SHARED_KEYS + index * KEYS_PER_QUEUE
    queue = {
      index = index,
      ready = KEYS[first + 1],
      events = KEYS[first + 2],
      large = KEYS[first + 3],
      leases = KEYS[first + 4],
      later = KEYS[first + 5],
      failed = KEYS[first + 6],
      tombstones = KEYS[first + 7],
      flushed = KEYS[first + 8],
      consumers = KEYS[first + 9],
      groups = KEYS[first + 10],
      blocked = KEYS[first + 11],
      done = KEYS[first + 12],
      active = KEYS[1],
      timers = KEYS[2],
      instances = KEYS[3],
      timetables = KEYS[4],
      schedule = KEYS[5],
      became_ready = 0,
      ended_leases = 0,
      took = false,
      wait = 0,
      notice = false,
      maybe_empty = false,
      has_groups = false,
      policy = false,
      counts = false,
      removed = {},
    }
    queues[index] = queue
  end
  return queue
end

local function name_of(queue)
  return queue.ready:match('^okq:{%d+}:ready:(.*)$')
end

local function add_count(queue, kind, events)
  local counts = queue.counts or { 0, 0, 0, 0, 0 }
  counts[kind] = counts[kind] + events
  queue.counts = counts
end

-- Has the reclaimer check the queue at `deadline` (ms) or earlier.
local function check_by(queue, deadline)
  redis.call('ZADD', queue.timers, 'LT', deadline, name_of(queue))
end

-- A call does a few milliseconds of work. An operation that reads, moves or removes much adds to `work` and, when that
-- reaches the maximum, returns how many of its n are done; the call ends there. `work` is in bytes of values, and an
-- event that is moved or passed counts as EVENT_WORK of them.
local MAX_WORK, EVENT_WORK = 1048576, 1024

-- At maxmemory Redis refuses a script's first write if it needs memory; after one that needs none it lets all through.
-- So whatever delivers, ends or returns events begins with this. A function it refuses as a whole, before it begins.
local function allow_writes(queue)
  if not wrote then
    redis.call('ZREM', queue.leases, '')
    wrote = true
  end
end

-- Fails unless events can be removed. Called before they are copied to another queue: an event in both would be
-- delivered again after its acknowledgement.
local function check_removal(queue)
  redis.call('HDEL', queue.failed, '')
end

-- The value of an event in `events` is a header and, if they are small, the contents. The header:
--
--     7 bytes  time of the push, in microseconds
--     2 bytes  number of the push within its call
--     1 byte   flags: the sum of 1 if the event expires, 2 if its contents are large, 4 if it has a group, 8 if it has
--              meta
--     6 bytes  when it expires (ms); absent if it does not
--     6 bytes  its place in its group, as groups.lua describes it; then the length of the group's key (2 bytes) and the
--              key; absent without a group
--     2 bytes  length of its meta, which stands before its contents; absent without meta
--     4 bytes  size of large contents, meta included; absent if they are small
--
-- The first nine bytes are the event's stamp: no two events that ever have the same id share one.
local STAMP_BYTES, FLAGS = 9, 10
local EXPIRES, LARGE, GROUPED, META = 1, 2, 4, 8

local function new_stamp()
  pushes = pushes + 1
  return struct.pack('>I7I2', now_us, pushes)
end

local byte = string.byte
local function is_expired(value)
  return byte(value, FLAGS) % 2 == 1 and struct.unpack('>I6', value, FLAGS + 1) <= now
end

local function is_large(value)
  return byte(value, FLAGS) % (2 * LARGE) >= LARGE
end

local function is_grouped(value)
  return byte(value, FLAGS) % (2 * GROUPED) >= GROUPED
end

-- Returns where the place of an event in its group begins, if it has one.
local PLACE_BYTES, EXPIRY_BYTES = 6, 6
local function place_at(value)
  return FLAGS + byte(value, FLAGS) % (2 * EXPIRES) * EXPIRY_BYTES + 1
end

-- Returns the length of a header without the size of large contents, and the length of the meta that follows.
local function header_of(value)
  local flags = byte(value, FLAGS)
  local length, meta = place_at(value) - 1, 0
  if is_grouped(value) then
    length = length + PLACE_BYTES + 2 + struct.unpack('>I2', value, length + PLACE_BYTES + 1)
  end
  if flags >= META then
    meta = struct.unpack('>I2', value, length + 1)
    length = length + 2
  end
  return length, meta
end

-- Returns the bytes of contents, meta not included.
local function size_of(value)
  local header, meta = header_of(value)
  local size = is_large(value) and struct.unpack('>I4', value, header + 1) or #value - header
  return size - meta
end

-- An entry of `later` is one of the first three and an id, or RESUME or LET_IN alone.
local ENTER_LEFT, ENTER_RIGHT, EXPIRE, RESUME, LET_IN = 'l', 'r', 'x', 'p', 'g'

local function entries_of(kind, ids)
  local entries = {}
  for i = 1, #ids do
    entries[i] = kind .. ids[i]
  end
  return entries
end

-- Deletes what `failed`, `later` and `large` hold of removed events. Called before these are used for an id, or at the
-- end of the call, where one EXISTS tells whether there is anything to delete.
local function purge_removed(queue)
  for _, removed in ipairs(queue.removed) do
    local ids = removed.ids
    redis.call('HDEL', queue.failed, unpack(ids))
    modules.contents.remove(queue, ids, removed.keep)
    redis.call('ZREM', queue.later, unpack(entries_of(EXPIRE, ids)))
  end
  queue.removed = {}
end

-- `keep` says how long their large contents stay: contents.lua.
local function mark_removed(queue, ids, keep)
  queue.removed[#queue.removed + 1] = { ids = ids, keep = keep }
  queue.maybe_empty = true
end

-- Removes events that are about to be taken from the ready list or, where `leased` says so by position, from `leases`.
-- Returns how many others of their groups became ready.
local function remove_events(queue, ids, values, leased, keep)
  local _, number = modules.groups.leave(queue, ids, values, leased)
  redis.call('HDEL', queue.events, unpack(ids))
  mark_removed(queue, ids, keep)
  return number
end

-- Removes an expired event unless it is leased, and returns whether it did.
local function expire_if_due(queue, id, value)
  if not is_expired(value) or redis.call('ZSCORE', queue.leases, id) then
    return false
  end
  modules.ready_list.remove_waiting(queue, { id }, { value })
  purge_removed(queue)
  add_count(queue, EXPIRED, 1)
  return true
end

-- The record of policy, pause and tombstones (queue.lua) is in the empty field of `events`: no event has an empty id,
-- and reading it together with events costs nothing more. Without a record, a queue has the default policy.
local POLICY_FIELD = ''
local DEFAULT_POLICY = {
  max_attempts = 0,
  backoff = 0,
  backoff_max = 0,
  max_length = 0,
  lease = 30000,
  group_limit = 1,
  remember = 0,
  max_processing = 0,
  rate = 0,
  paused_until = 0,
  tombstones = 0,
  rate_used = 0,
  timetables = 0,
  dead_queue = '-',
}

local function load_policy(queue, record)
  queue.policy = record and modules.queue.parse(record) or DEFAULT_POLICY
end

local function policy_of(queue)
  if not queue.policy then
    load_policy(queue, redis.call('HGET', queue.events, POLICY_FIELD))
  end
  return queue.policy
end

-- Returns the values of events, false where there is none, and loads the queue's policy.
local function values_of(queue, ids)
  if queue.policy then
    return #ids > 0 and redis.call('HMGET', queue.events, unpack(ids)) or {}
  end
  local n = #ids
  ids[n + 1] = POLICY_FIELD
  local values = redis.call('HMGET', queue.events, unpack(ids))
  ids[n + 1] = nil
  load_policy(queue, values[n + 1])
  values[n + 1] = nil
  return values
end

-- A paused queue delivers nothing. `paused_until` as in the record.
local function is_paused(queue)
  local till = policy_of(queue).paused_until
  return till ~= 0 and (till < 0 or till > now)
end

local function is_limited(policy)
  return policy.max_processing > 0 or policy.rate > 0
end
