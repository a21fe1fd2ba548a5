-- Does what is due in `later`, up to `limit` of it: delayed events enter, in the order of their times; events whose
-- time is up are removed, unless they are being processed; a pause ends. Returns whether it stopped at a limit.
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
    elseif kind == RESUME then
      hand_out_again(queue)
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
      tally(queue, EXPIRED, 1)
      room = room - 1
    else
      redis.call('ZADD', queue.later, now, EXPIRE .. id)
      more = true
    end
  end
  return more
end

-- reclaim: place of the dead queue or -1, parameter how many leases to end, and how many events to let enter or to
-- remove, at the most; returns how many events became ready, 1 if there is more to do, and false; or, in its place, the
-- name of the dead queue if that is needed, no lease having been ended. Of the leases the latest goes first, so that
-- over any number of calls the oldest deadline ends right-most, next to be popped.
local function reclaim(queue, n, limit, ops, first)
  for i = first, first + n - 1 do
    tidy(queue)
    local before = queue.woke
    local due = redis.call('ZRANGE', queue.leases, now, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, limit)
    local needed = #due > 0 and fail(queue, due, 0, '', ops[i])
    tidy(queue)
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
    answer(needed)
  end
end
