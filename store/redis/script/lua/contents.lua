-- Large contents. They never pass through Lua, which would take two milliseconds for a megabyte, but have a key of
-- their own, which ends in a token. okq creates it before the call that stores the event, with a time to live that this
-- call takes away, and reads it after a call that delivers the event. The hash `large` holds size and token by id.

-- Contents stay for some time (ms) when their event is removed by the pop that delivers it. They also do if okq may be
-- about to read them because its client sent an acknowledgement behind a pop; with a receipt only if it was sent behind
-- a QGET, for who has the receipt has read them. `unread` has the contents that this call tells okq to read, and
-- `any_unread` says whether okq may not have read all that earlier calls told it to.
local POPPED_MS, UNREAD_MS = 60000, 1000

-- In these functions `contents` is the value in `large`: the size of the contents (4 bytes) and their token.
local SIZE_BYTES = 4

local function key(queue, contents)
  return queue.ready:match('^okq:{%d+}:') .. 'contents:' .. contents:sub(SIZE_BYTES + 1)
end

-- Deletes contents after some time (ms). Deleting a megabyte holds Redis for 50 microseconds: so those of many removed
-- events are deleted one after the other.
local FREED_AT_ONCE, FREED_EACH_MS = 4194304, 262144
local function delete_after(queue, contents, ms)
  freed = freed + struct.unpack('>I4', contents)
  ms = ms + math.floor(math.max(0, freed - FREED_AT_ONCE) / FREED_EACH_MS)
  if ms == 0 then
    redis.call('UNLINK', key(queue, contents))
  else
    redis.call('PEXPIRE', key(queue, contents), ms)
  end
end

-- Returns the key with the contents of an event, for okq to read, or false.
local function key_of(queue, id)
  local contents = redis.call('HGET', queue.large, id)
  unread[contents] = true
  return contents and key(queue, contents)
end

-- Returns whether Redis has the contents: it may have refused or lost them.
local function exist(queue, contents)
  return redis.call('EXISTS', key(queue, contents)) == 1
end

-- Has contents belong to an event that is being stored.
local function keep(queue, id, contents)
  redis.call('HSET', queue.large, id, contents)
  redis.call('PERSIST', key(queue, contents))
end

-- Has contents belong to a timetable.
local function persist(queue, contents)
  redis.call('PERSIST', key(queue, contents))
end

-- Returns a copy of contents with a token of its own, or nil if they are lost.
local function copy(queue, contents)
  pushes = pushes + 1
  local copied = contents .. ('-%.0f-%d'):format(now_us, pushes)
  return redis.call('COPY', key(queue, contents), key(queue, copied)) == 1 and copied or nil
end

local function delete(queue, contents)
  delete_after(queue, contents, 0)
end

-- Has contents belong to the event that another queue will hold.
local function move(source, destination, id)
  local contents = redis.call('HGET', source.large, id)
  if contents then
    redis.call('HSET', destination.large, id, contents)
    redis.call('HDEL', source.large, id)
  end
end

-- Returns how long (ms) contents of a removed event stay; `kept` is 'until read', 'unless read' or nil.
local function time_to_read(contents, kept)
  if kept == 'until read' then
    return POPPED_MS
  end
  return (unread[contents] or any_unread and kept == nil) and UNREAD_MS or 0
end

-- Deletes contents of removed events, if they have any.
local function remove(queue, ids, kept)
  local contents, are_any = redis.call('HMGET', queue.large, unpack(ids)), false
  for i = 1, #ids do
    if contents[i] then
      delete_after(queue, contents[i], time_to_read(contents[i], kept))
      are_any = true
    end
  end
  if are_any then
    redis.call('HDEL', queue.large, unpack(ids))
  end
end

-- Sets the contents of a queue apart, for sweep_flushed(), which must have removed those of an earlier flush.
local function flush(queue)
  if redis.call('EXISTS', queue.large) == 1 then
    redis.call('RENAME', queue.large, queue.flushed)
    check_by(queue, now)
  end
end

-- Removes contents that a flush has left, as far as the call may. Returns whether none are left.
local SWEPT = 250
local function sweep_flushed(queue)
  if redis.call('EXISTS', queue.flushed) == 0 then
    return true
  end
  local cursor = '0'
  repeat
    local step = redis.call('HSCAN', queue.flushed, cursor, 'COUNT', SWEPT)
    local ids = {}
    for i = 1, #step[2], 2 do
      ids[#ids + 1] = step[2][i]
      delete_after(queue, step[2][i + 1], UNREAD_MS)
    end
    if #ids > 0 then
      redis.call('HDEL', queue.flushed, unpack(ids))
    end
    cursor = step[1]
    work = work + (#ids + 1) * EVENT_WORK
  until cursor == '0' or work >= MAX_WORK
  return redis.call('EXISTS', queue.flushed) == 0
end

-- Returns the value of an event as if its contents were empty, but for its meta.
local function without(queue, id, value)
  local header, meta = header_of(value)
  if not is_large(value) then
    return value:sub(1, header + meta)
  end
  local flags = string.char(byte(value, FLAGS) - LARGE)
  local contents = meta > 0 and redis.call('HGET', queue.large, id)
  local text = contents and redis.call('GETRANGE', key(queue, contents), 0, meta - 1) or ''
  return value:sub(1, FLAGS - 1) .. flags .. value:sub(FLAGS + 1, header) .. text
end

modules.contents = {
  without = without,
  key_of = key_of,
  exist = exist,
  keep = keep,
  persist = persist,
  copy = copy,
  key = key,
  delete = delete,
  move = move,
  remove = remove,
  flush = flush,
  sweep_flushed = sweep_flushed,
}
