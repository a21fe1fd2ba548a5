-- ack: id; returns the number of events removed, 0 or 1
local function ack(queue, n, _, ops, first)
  local ids = { unpack(ops, first, first + n - 1) }
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
        tally(queue, ACKED, 1)
      end
      answer(removed)
    end
    seen[id] = true
  end
  if #processing > 0 then
    redis.call('HDEL', queue.events, unpack(processing))
    redis.call('ZREM', queue.leases, unpack(processing))
    queue.gone[#queue.gone + 1] = processing
    tally(queue, ACKED, #processing)
  end
  queue.lost = true
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
    tally(queue, ACKED, #done)
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
end

return { [7] = ack, [8] = ack_delivery, [9] = touch }
