-- Registers consumers, flushes queues, moves events between queues.

-- Returns the number of consumers, the instances whose registrations have ended, and when the next one ends (ms) or
-- nil.
local function consumers_of(queue)
  local total, stale, next_stale = 0, {}, nil
  local fields = redis.call('HGETALL', queue.consumers)
  for i = 1, #fields, 2 do
    local count, valid_until = fields[i + 1]:match('^(%d+):(%d+)$')
    valid_until = tonumber(valid_until)
    if valid_until > now then
      total = total + count
      next_stale = math.min(next_stale or valid_until, valid_until)
    else
      stale[#stale + 1] = fields[i]
    end
  end
  return total, stale, next_stale
end

-- register
--   arguments  name of the okq instance, its number of consumers
--   parameter  validity of the registration (ms)
--   result     1
local function register(queue, n, ttl, args, first)
  for i = first, first + 2 * n - 2, 2 do
    local instance, count = args[i], tonumber(args[i + 1])
    if count > 0 then
      redis.call('HSET', queue.consumers, instance, string.format('%d:%.0f', count, now + ttl))
      redis.call('SADD', queue.active, name_of(queue))
      check_by(queue, now + ttl)
    else
      redis.call('HDEL', queue.consumers, instance)
      queue.maybe_empty = true
    end
    add_result(1)
  end
end

-- flush: removes all events; policy and pause stay
--   result     1
local function flush(queue, n)
  local policy = policy_of(queue)
  redis.call('UNLINK', queue.ready, queue.events, queue.leases, queue.later, queue.failed)
  queue.removed = {}
  queue.maybe_empty = true
  if policy ~= DEFAULT_POLICY then
    import('policy').store(queue, policy)
    if policy.paused_until > 0 then
      redis.call('ZADD', queue.later, policy.paused_until, RESUME)
    end
  end
  for _ = 1, n do
    add_result(1)
  end
end

-- Bytes of contents after which a move ends: it holds Redis for a few milliseconds only.
local MAX_MOVED_BYTES = 1048576

-- move: moves ready events, the right-most first, to the left end of another queue
--   arguments  index of the destination, number of events on the right to skip
--   parameter  maximum number of events to read
--   result     number of moved events, number skipped because the destination holds their ids, 1 if there may be more
--
-- Moved events are first replaced by empty ids, which are then removed from the ready list all at once.
local function move(source, n, limit, args, first)
  local is_free, room_in = import('redelivery').is_free, import('policy').room_in
  for i = first, first + 2 * n - 2, 2 do
    local destination, skip = queue_at(args[i]), args[i + 1]
    purge_removed(destination)
    local ids = redis.call('LRANGE', source.ready, -(skip + limit), -(skip + 1))
    local room, bytes, skipped = room_in(destination), 0, 0
    local moved, expired, replaced = {}, {}, 0
    for j = #ids, 1, -1 do
      local id = ids[j]
      local value = redis.call('HGET', source.events, id)
      local stays = false
      if not value or is_expired(value) then
        expired[#expired + 1] = id
      elseif not is_free(destination, id) then
        stays = true
        skipped = skipped + 1
      elseif #moved >= room or bytes > MAX_MOVED_BYTES then
        break
      else
        purge_removed(destination)
        redis.call('HSET', destination.events, id, new_stamp() .. value:sub(EXPIRES_FLAG))
        if byte(value, EXPIRES_FLAG) ~= 0 then
          local expires = struct.unpack('>I6', value, EXPIRES_FLAG + 1)
          redis.call('ZADD', destination.later, expires, EXPIRE .. id)
          check_by(destination, expires)
        end
        moved[#moved + 1] = id
        bytes = bytes + #value
      end
      if not stays then
        replaced = replaced + 1
        redis.call('LSET', source.ready, -(skip + #ids - j + 1), '')
      end
    end
    if replaced > 0 then
      redis.call('LREM', source.ready, -replaced, '')
    end
    if #expired > 0 then
      remove_events(source, expired)
      add_count(source, EXPIRED, #expired)
    end
    if #moved > 0 then
      remove_events(source, moved)
      redis.call('LPUSH', destination.ready, unpack(moved))
      redis.call('SADD', destination.active, name_of(destination))
      destination.became_ready = destination.became_ready + #moved
    end
    add_result(#moved)
    add_result(skipped)
    add_result(#moved + skipped + #expired > 0 and 1 or 0)
  end
end

return { consumers_of = consumers_of, register = register, flush = flush, move = move }
