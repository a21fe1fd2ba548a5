-- Large contents. They never pass through Lua, which would take two milliseconds for a megabyte, but have a key of
-- their own, which ends in a token. okq creates it before the call that stores the event, with a time to live that this
-- call takes away, and reads it after a call that delivers the event. The hash `large` holds the tokens of a queue by
-- id.

-- Contents stay for some time (ms) when their event is removed by the pop that delivers it. They also do if okq may be
-- about to read them because its client sent an acknowledgement behind a pop.
local POPPED_MS, UNREAD_MS = 60000, 1000
local KEEP = { ['not at all'] = 0, ['until read'] = POPPED_MS }
local any_unread = ARGV[8] == '1'

local function key(queue, token)
  return queue.ready:match('^okq:{%d+}:') .. 'contents:' .. token
end

-- Returns the key with the contents of an event, for okq to read, or false.
local function key_of(queue, id)
  local token = redis.call('HGET', queue.large, id)
  any_unread = true
  return token and key(queue, token)
end

-- Returns whether Redis has the contents: it may have refused or lost them.
local function exist(queue, token)
  return redis.call('EXISTS', key(queue, token)) == 1
end

-- Has contents belong to an event that is being stored.
local function keep(queue, id, token)
  redis.call('HSET', queue.large, id, token)
  redis.call('PERSIST', key(queue, token))
end

local function delete(queue, token)
  redis.call('UNLINK', key(queue, token))
end

-- Has contents belong to the event that another queue will hold.
local function move(source, destination, id)
  local token = redis.call('HGET', source.large, id)
  if token then
    redis.call('HSET', destination.large, id, token)
    redis.call('HDEL', source.large, id)
  end
end

local function delete_after(queue, token, ms)
  if ms == 0 then
    delete(queue, token)
  else
    redis.call('PEXPIRE', key(queue, token), ms)
  end
end

-- Deletes contents of removed events, if they have any.
local function remove(queue, ids, kept)
  local tokens, are_any = redis.call('HMGET', queue.large, unpack(ids)), false
  for i = 1, #ids do
    if tokens[i] then
      delete_after(queue, tokens[i], KEEP[kept] or any_unread and UNREAD_MS or 0)
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

return {
  key_of = key_of,
  exist = exist,
  keep = keep,
  delete = delete,
  move = move,
  remove = remove,
  flush = flush,
  sweep_flushed = sweep_flushed,
}
