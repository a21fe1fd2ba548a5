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
--          for each queue where events became ready, its place and how many
--
-- Of those the other callers are told too, by a message on the queue's channel: who calls, a space, how many.
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

-- What stands in front of the contents of an event: its birth, of which no two events that ever have the same id share
-- one, and whether its time will be up one day.
--
--     7 bytes  time of arrival, in microseconds
--     2 bytes  which of this call's pushes it came with
--     1 byte   0, or 1 if six more bytes say when its time is up (ms)
local BIRTH, KIND = 9, 10
local microseconds = time[1] * 1000000 + time[2]
local arrival = struct.pack('>I7', microseconds)
local pushes = 0

local function birth()
  pushes = pushes + 1
  return arrival .. struct.pack('>I2', pushes)
end

local out, size = {}, 0

local function answer(result)
  size = size + 1
  out[size] = result
end

-- The queues of this batch by place. `woke` counts events that became ready; `lost` says that something was removed,
-- so that the queue may have become inactive; `gone` holds lists of the ids of events that were removed, of which
-- `later` and `failed` may still know: see tidy().
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
      gone = {},
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

-- In `later` the name of an event stands behind what will happen to it.
local ENTER_LEFT, ENTER_RIGHT, EXPIRE = 'l', 'r', 'x'

local function entries_of(kind, ids)
  local entries = {}
  for i = 1, #ids do
    entries[i] = kind .. ids[i]
  end
  return entries
end

-- Removes what is known of events that are gone, besides the events themselves. The plain operations leave that to the
-- end of the batch, where one look tells whether there is anything. Whatever reads or writes `later` or `failed` comes
-- here first.
local function tidy(queue)
  for _, ids in ipairs(queue.gone) do
    redis.call('HDEL', queue.failed, unpack(ids))
    redis.call('ZREM', queue.later, unpack(entries_of(EXPIRE, ids)))
  end
  queue.gone = {}
end

local function is_gone(queue, ids)
  queue.gone[#queue.gone + 1] = ids
  queue.lost = true
end

-- Removes events that wait nowhere any more.
local function remove(queue, ids)
  redis.call('HDEL', queue.events, unpack(ids))
  is_gone(queue, ids)
end

-- Whether the time of an event is up. Takes what `events` holds of it.
local byte = string.byte
local function is_over(value)
  return byte(value, KIND) ~= 0 and struct.unpack('>I6', value, KIND + 1) <= now
end

-- Takes away an event that waits, ready or delayed, but not what `events` holds of it. From the right, where those are
-- that came back and those that are oldest; unless it is one of the youngest.
local YOUNGEST = 10000
local function take_out(queue, id)
  if redis.call('ZREM', queue.later, ENTER_LEFT .. id, ENTER_RIGHT .. id) == 0 then
    local young = redis.call('LPOS', queue.ready, id, 'MAXLEN', YOUNGEST)
    redis.call('LREM', queue.ready, young and 1 or -1, id)
  end
  is_gone(queue, { id })
end

-- Removes an event whose time is up, if it waits.
local function drop_if_over(queue, id, value)
  if not is_over(value) or redis.call('ZSCORE', queue.leases, id) then
    return false
  end
  redis.call('HDEL', queue.events, id)
  take_out(queue, id)
  return true
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
    local head = birth() .. '\0'
    for i = 1, n do
      local id = ids[i]
      if seen[id] or (held[i] and not drop_if_over(queue, id, held[i])) then
        out[size + i] = 0
      else
        seen[id] = true
        count = count + 1
        fresh[count] = id
        fields[2 * count - 1] = id
        fields[2 * count] = head .. ops[first + 2 * i - 1]
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

-- push_with: id, contents, after how many ms its time is up or 0, parameter delay in ms; returns like push
local function push_with(list_push, kind)
  return function(queue, n, delay, ops, first)
    tidy(queue)
    local head = birth()
    for i = first, first + 3 * n - 3, 3 do
      local id, ttl = ops[i], ops[i + 2]
      local held = redis.call('HGET', queue.events, id)
      if held and not drop_if_over(queue, id, held) then
        answer(0)
      else
        tidy(queue)
        local value = head .. '\0' .. ops[i + 1]
        if ttl > 0 then
          value = head .. '\1' .. struct.pack('>I6', now + ttl) .. ops[i + 1]
          redis.call('ZADD', queue.later, now + ttl, EXPIRE .. id)
          look_by(queue, now + ttl)
        end
        redis.call('HSET', queue.events, id, value)
        if delay > 0 then
          -- Events with the same delay enter in the order of their pushes: they are a little apart.
          local due = microseconds / 1000 + delay + (i - first) / 3 / 4096
          redis.call('ZADD', queue.later, due, kind .. id)
          look_by(queue, due)
        else
          redis.call(list_push, queue.ready, id)
          queue.woke = queue.woke + 1
        end
        redis.call('SADD', queue.active, name_of(queue.ready))
        answer(1)
      end
    end
    return 3 * n
  end
end

-- peek: (nothing); returns id, contents behind their head, or false
local function peek(list_pop, place)
  return function(queue, n)
    for _ = 1, n do
      local id, value
      repeat
        id = redis.call('LINDEX', queue.ready, place)
        value = id and redis.call('HGET', queue.events, id)
        local over = value and is_over(value)
        if over then
          redis.call(list_pop, queue.ready)
          remove(queue, { id })
        end
      until not over
      answer(id)
      if id then
        answer(value)
      end
    end
    return 0
  end
end

-- Takes up to n ready events off the right end. Returns their ids, and what `events` holds of each. Those whose time is
-- up are removed on the way.
local function take(queue, n)
  local ids, values = {}, {}
  while #ids < n do
    local popped = redis.call('RPOP', queue.ready, n - #ids) or {}
    if #popped == 0 then
      break
    end
    local held = redis.call('HMGET', queue.events, unpack(popped))
    local over = {}
    for i = 1, #popped do
      local value = held[i]
      if not value or (byte(value, KIND) ~= 0 and is_over(value)) then
        over[#over + 1] = popped[i]
      end
    end
    if #over == 0 and #ids == 0 then
      return popped, held
    end
    for i = 1, #popped do
      if held[i] and not is_over(held[i]) then
        ids[#ids + 1] = popped[i]
        values[#ids] = held[i]
      end
    end
    if #over > 0 then
      remove(queue, over)
    end
  end
  return ids, values
end

-- Leases events, or removes them if the lease is 0 ms long.
local function lease_to(queue, ids, lease)
  if #ids == 0 then
    return
  end
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
    remove(queue, ids)
  end
end

-- pop: (nothing), parameter lease in ms, 0 to remove at once; returns id, contents behind their head, or false
local function pop(queue, n, lease)
  local ids, values = take(queue, n)
  for i = 1, #ids do
    out[size + 1] = ids[i]
    out[size + 2] = values[i]
    size = size + 2
  end
  for _ = #ids + 1, n do
    answer(false)
  end
  lease_to(queue, ids, lease)
  return 0
end

-- claim: how many at the most, parameter lease as for pop; returns how many, and for each id, contents behind their
-- head, and how many deliveries before have ended
local function claim(queue, n, lease, ops, first)
  tidy(queue)
  for i = first, first + n - 1 do
    local ids, values = take(queue, ops[i])
    answer(#ids)
    local failed = #ids > 0 and redis.call('HMGET', queue.failed, unpack(ids))
    for j = 1, #ids do
      answer(ids[j])
      answer(values[j])
      answer(failed[j] and struct.unpack('>I2', failed[j]) or 0)
    end
    lease_to(queue, ids, lease)
  end
  return n
end

-- ack: id; returns the number of events removed, 0 or 1
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
        take_out(queue, id)
      end
      answer(removed)
    end
    seen[id] = true
  end
  if #processing > 0 then
    redis.call('HDEL', queue.events, unpack(processing))
    redis.call('ZREM', queue.leases, unpack(processing))
    queue.gone[#queue.gone + 1] = processing
  end
  queue.lost = true
  return n
end

-- For each of these events whether it is being processed and, unless its receipt is empty, by the delivery that the
-- receipt names: its birth, and how many deliveries before have ended (2 bytes).
local function current(queue, ids, receipts)
  tidy(queue)
  local leased = redis.call('ZMSCORE', queue.leases, unpack(ids))
  local named = false
  for i = 1, #ids do
    named = named or receipts[i] ~= ''
  end
  if named then
    local held = redis.call('HMGET', queue.events, unpack(ids))
    local failed = redis.call('HMGET', queue.failed, unpack(ids))
    for i = 1, #ids do
      local delivery = leased[i] and held[i]:sub(1, BIRTH) .. (failed[i] or '\0\0'):sub(1, 2)
      leased[i] = delivery and (receipts[i] == '' or receipts[i] == delivery)
    end
  end
  return leased
end

-- ack_delivery: id, receipt; returns 1, or 0 if that delivery is not the current one
local function ack_delivery(queue, n, _, ops, first)
  local ids, receipts = {}, {}
  for i = 1, n do
    ids[i] = ops[first + 2 * i - 2]
    receipts[i] = ops[first + 2 * i - 1]
  end
  local is_current = current(queue, ids, receipts)
  local done, seen = {}, {}
  for i = 1, n do
    local id = ids[i]
    if is_current[i] and not seen[id] then
      seen[id] = true
      done[#done + 1] = id
      answer(1)
    else
      answer(0)
    end
  end
  if #done > 0 then
    redis.call('HDEL', queue.events, unpack(done))
    redis.call('ZREM', queue.leases, unpack(done))
    is_gone(queue, done)
  end
  return 2 * n
end

-- How many deliveries of an event have ended without an acknowledgement, and what was said of the last: 2 bytes, and
-- the reason.
local MOST = 65535
local function count_up(queue, ids, reason)
  local failed = redis.call('HMGET', queue.failed, unpack(ids))
  local fields = {}
  for i = 1, #ids do
    local count = failed[i] and struct.unpack('>I2', failed[i]) or 0
    fields[2 * i - 1] = ids[i]
    fields[2 * i] = struct.pack('>I2', math.min(count + 1, MOST)) .. (reason or (failed[i] or ''):sub(3))
  end
  redis.call('HSET', queue.failed, unpack(fields))
end

-- Ends deliveries: their events enter on the right after `delay` ms, the last of them next to be popped; those whose
-- time is up are removed. Call tidy() before.
local function come_back(queue, ids, delay)
  redis.call('ZREM', queue.leases, unpack(ids))
  local ends = redis.call('ZMSCORE', queue.later, unpack(entries_of(EXPIRE, ids)))
  local back, over = {}, {}
  for i = 1, #ids do
    local time_up = ends[i] and tonumber(ends[i])
    if time_up and (time_up <= now or time_up == math.huge) then
      over[#over + 1] = ids[i]
    else
      back[#back + 1] = ids[i]
    end
  end
  if #over > 0 then
    remove(queue, over)
  end
  if #back > 0 and delay > 0 then
    local due = microseconds / 1000 + delay
    for _, id in ipairs(back) do
      redis.call('ZADD', queue.later, due, ENTER_RIGHT .. id)
    end
    look_by(queue, due)
  elseif #back > 0 then
    redis.call('RPUSH', queue.ready, unpack(back))
    queue.woke = queue.woke + #back
  end
end

-- redo: id, receipt or nothing; returns 1, or 0 if that delivery is not the current one
-- release: the same; gives back what nobody has seen, and so does not count
-- nack: id, receipt or nothing, reason, parameter delay in ms; returns like redo
local function give_back(width, counts)
  return function(queue, n, delay, ops, first)
    for i = first, first + width * (n - 1), width do
      local ids = { ops[i] }
      local is_current = current(queue, ids, { ops[i + 1] })[1]
      if is_current then
        if counts then
          count_up(queue, ids, width == 3 and ops[i + 2] or nil)
        end
        come_back(queue, ids, delay)
      end
      answer(is_current and 1 or 0)
    end
    return width * n
  end
end

-- touch: id, receipt or nothing, parameter lease in ms from now; returns like redo
local function touch(queue, n, lease, ops, first)
  for i = first, first + 2 * n - 2, 2 do
    local is_current = current(queue, { ops[i] }, { ops[i + 1] })[1]
    if is_current then
      redis.call('ZADD', queue.leases, now + lease, ops[i])
      look_by(queue, now + lease)
    end
    answer(is_current and 1 or 0)
  end
  return 2 * n
end

-- flush: (nothing); returns 1
local function flush(queue, n)
  redis.call('UNLINK', queue.ready, queue.events, queue.leases, queue.later, queue.failed)
  queue.gone = {}
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

-- Does what is due in `later`, up to `limit` of it: delayed events enter, in the order of their times; events whose
-- time is up are removed, unless they are being processed. Returns whether it stopped at a limit.
--
-- To take an event out of the ready list Redis goes through it, at some 200,000 a millisecond. So that this does not
-- take longer than a few milliseconds, of a long list only few are taken out at once.
local PASSED = 1000000
local function do_later(queue, limit)
  local entries = redis.call('ZRANGE', queue.later, '-inf', now, 'BYSCORE', 'LIMIT', 0, limit)
  if #entries == 0 then
    return false
  end
  redis.call('ZREM', queue.later, unpack(entries))
  local over = {}
  for _, entry in ipairs(entries) do
    local kind, id = entry:sub(1, 1), entry:sub(2)
    if kind == EXPIRE then
      over[#over + 1] = id
    else
      redis.call(kind == ENTER_LEFT and 'LPUSH' or 'RPUSH', queue.ready, id)
      queue.woke = queue.woke + 1
    end
  end
  local more = #entries == limit
  local leased = #over > 0 and redis.call('ZMSCORE', queue.leases, unpack(over))
  local room = math.max(1, PASSED / (1 + redis.call('LLEN', queue.ready)))
  for i, id in ipairs(over) do
    if leased[i] then
      -- Remembered until it is acknowledged or would come back.
      redis.call('ZADD', queue.later, '+inf', EXPIRE .. id)
    elseif room >= 1 then
      redis.call('HDEL', queue.events, id)
      take_out(queue, id)
      room = room - 1
    else
      redis.call('ZADD', queue.later, now, EXPIRE .. id)
      more = true
    end
  end
  return more
end

-- reclaim: (nothing), parameter how many leases to end, and how many events to let enter or to remove, at the most;
-- returns how many events became ready, and 1 if there is more to do. Of the leases the latest goes first, so that over
-- any number of calls the oldest deadline ends right-most, next to be popped.
local function reclaim(queue, n, limit)
  for _ = 1, n do
    tidy(queue)
    local before = queue.woke
    local due = redis.call('ZRANGE', queue.leases, now, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, limit)
    if #due > 0 then
      count_up(queue, due, '')
      come_back(queue, due, 0)
      tidy(queue)
    end
    local more = do_later(queue, limit) or #due == limit
    local _, stale, soonest = consumers_of(queue)
    if #stale > 0 then
      redis.call('HDEL', queue.consumers, unpack(stale))
    end
    local next_look = soonest or math.huge
    for _, times in ipairs({ queue.leases, queue.later }) do
      local earliest = redis.call('ZRANGE', times, 0, 0, 'WITHSCORES')
      next_look = math.min(next_look, tonumber(earliest[2]) or math.huge)
    end
    if next_look < math.huge then
      redis.call('ZADD', queue.timers, next_look, name_of(queue.ready))
    else
      redis.call('ZREM', queue.timers, name_of(queue.ready))
    end
    queue.lost = true
    answer(queue.woke - before)
    answer(more and 1 or 0)
  end
  return 0
end

-- The codes are those of operations.ts.
local operations = {
  push('LPUSH'),
  push('RPUSH'),
  peek('LPOP', 0),
  peek('RPOP', -1),
  pop,
  ack,
  give_back(2, true),
  flush,
  ready,
  status,
  register,
  reclaim,
  push_with('LPUSH', ENTER_LEFT),
  push_with('RPUSH', ENTER_RIGHT),
  claim,
  ack_delivery,
  give_back(2, false),
  give_back(3, true),
  touch,
}
local arguments = { 2, 2, 0, 0, 0, 1, 2, 0, 0, 0, 2, 0, 3, 3, 1, 2, 2, 3, 2 }

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
  if queue.lost then
    -- EXISTS counts a key as often as it is named: one question tells both whether the queue is still active and
    -- whether there is anything to tidy up.
    local later, failed = queue.later, queue.failed
    local found = redis.call('EXISTS', queue.events, queue.consumers, later, later, later, failed, failed, failed)
    if found >= 3 then
      tidy(queue)
    end
    if found % 3 == 0 then
      redis.call('SREM', queue.active, name_of(queue.ready))
      redis.call('ZREM', queue.timers, name_of(queue.ready))
    end
  end
end

return cmsgpack.pack(out)
