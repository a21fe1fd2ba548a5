
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
