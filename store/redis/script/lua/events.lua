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
  tally(queue, EXPIRED, 1)
  return true
end
