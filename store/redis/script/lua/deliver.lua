-- Delivers ready events. A delivered event in a result: id, value and, if its contents are large, their key or false,
-- and 1 if the event is removed: okq reads the contents, and then deletes them.

local function add_event(queue, id, value, is_removed)
  add_result(id)
  add_result(value)
  if is_large(value) then
    add_result(modules.contents.key_of(queue, id))
    add_result(is_removed and 1 or 0)
  end
end

-- Returns the ids and values of entries of the ready list, as resolve() in ready_list.lua does.
local function resolve(queue, entries, values)
  local are_ids = queue.policy.tombstones == 0
  for i = 1, #entries do
    if not values[i] or entries[i] == '' then
      are_ids = false
      break
    end
  end
  if are_ids then
    return entries, values
  end
  return modules.ready_list.resolve(queue, entries, values)
end

-- Returns id and value of the event at one end of the ready list, or false, and whether the call is spent. Removes
-- expired events and tombstones from that end.
local function event_at(list_pop, list_index, queue)
  while work < MAX_WORK do
    local entry = redis.call('LINDEX', queue.ready, list_index)
    if not entry then
      return false, false, false
    end
    local ids, values = resolve(queue, { entry }, values_of(queue, { entry }))
    local id, value = ids[1], values[1]
    if value and not is_expired(value) then
      return id, value, false
    end
    redis.call(list_pop, queue.ready) -- first: the next event of its group may enter at this end
    if value then
      remove_events(queue, { id }, { value }, {})
      add_count(queue, EXPIRED, 1)
    else
      modules.ready_list.forget(queue, { entry })
    end
    work = work + EVENT_WORK
  end
  return false, false, true
end

-- peek_left, peek_right
--   result     the event at that end, or false
local function peek(list_pop, list_index, queue, n)
  for i = 1, n do
    local id, value, is_spent = event_at(list_pop, list_index, queue)
    if is_spent then
      return i - 1
    elseif id then
      add_event(queue, id, value, false)
      work = work + #value
    else
      add_result(false)
    end
  end
end

-- Returns the bytes of contents of events, or nil if one is large, may expire or is not there. Usually none is.
local function bytes_of_plain(values)
  local bytes = 0
  for i = 1, #values do
    local value = values[i]
    if not value or byte(value, FLAGS) > 0 then
      return nil
    end
    bytes = bytes + #value - FLAGS
  end
  return bytes
end

local function last(list, n)
  return #list > n and { unpack(list, #list - n + 1) } or list
end

-- Delivers what is in the ready list for take(), as far as the limits of the queue allow it, and adds it to `ids` and
-- `values`. Returns the bytes of its contents, whether there may be more, whether contents of some are large, and how
-- many other events became ready.
local WINDOW, LARGE_WINDOW = 250, 32
local function take_ready(queue, n, lease, max_bytes, ids, values)
  local first, count, bytes, large_bytes, delivers_large = #ids + 1, #ids, 0, 0, false
  local read, expired, expired_values, tombstones, is_cut = 0, {}, {}, {}, false
  local groups, refused, leaving, became_ready = modules.groups, {}, 0, 0
  local states
  -- Few events reach a limit of bytes if contents are large.
  local any_large = n > LARGE_WINDOW and redis.call('EXISTS', queue.large) == 1
  while count < n and not is_cut do
    local window = any_large and LARGE_WINDOW or read == 0 and n - count or math.max(n - count, WINDOW)
    local entries = redis.call('LRANGE', queue.ready, -read - window, -read - 1)
    if #entries == 0 then
      break
    end
    local entry_values = values_of(queue, entries)
    if is_paused(queue) then
      break
    elseif queue.policy.paused_until ~= 0 then
      modules.queue.resume_queue(queue) -- the pause is over, but the reclaimer has not ended it yet
    end
    lease = lease < 0 and queue.policy.lease or lease
    if read == 0 and is_limited(queue.policy) then
      n = math.min(n, count + modules.limits.allowed_to_take(queue, lease == 0))
      if n == count then
        break
      end
      entries, entry_values = last(entries, n - count), last(entry_values, n - count)
    end
    local may_be_plain = read + count == 0 and not any_large and queue.policy.tombstones == 0
    local plain_bytes = may_be_plain and bytes_of_plain(entry_values)
    if plain_bytes and plain_bytes <= max_bytes then
      count, bytes, read = #entries, plain_bytes, #entries
      for i = 1, count do
        ids[i], values[i] = entries[count + 1 - i], entry_values[count + 1 - i]
      end
      break
    end
    local entry_ids
    entry_ids, entry_values = resolve(queue, entries, entry_values)
    states = states or groups.new_states()
    local group_of = lease ~= 0 and groups.load_of(queue, entry_values, #entries, states) or {}
    for i = #entries, 1, -1 do
      local value = entry_values[i]
      local flags = value and byte(value, FLAGS)
      if not value then
        tombstones[#tombstones + 1] = entries[i]
      elseif flags > 0 and is_expired(value) then
        expired[#expired + 1] = entry_ids[i]
        expired_values[#expired] = value
      else
        local size = flags == 0 and #value - FLAGS or size_of(value)
        if lease == 0 and flags >= GROUPED then
          leaving = leaving + groups.LEAVE_WORK
        end
        if count == n or (count > 0 and (bytes + size > max_bytes or work + leaving > MAX_WORK)) then
          is_cut = true
          break
        end
        if group_of[i] and not groups.lease(queue, states, group_of[i]) then
          refused[#refused + 1] = entry_ids[i]
          refused[#refused + 1] = value
        else
          count, bytes = count + 1, bytes + size
          ids[count], values[count] = entry_ids[i], value
          if flags > 0 and is_large(value) then
            large_bytes = large_bytes + size -- 0 if only meta is large
            delivers_large = true
          end
        end
      end
      read = read + 1
    end
    is_cut = is_cut or (#tombstones + #expired + #refused) * EVENT_WORK >= MAX_WORK
  end
  if read == 0 then
    return 0, false, false, 0
  end
  if count >= first then
    queue.became_ready = math.max(0, queue.became_ready - (count + 1 - first))
    modules.limits.take_from_bucket(queue, count + 1 - first)
    if lease > 0 then
      allow_writes(queue)
      -- As text: Redis would format the number for each event, which takes as long as the rest.
      local deadline, leases = ('%.17g'):format(now + lease), {}
      for i = 0, count - first do
        leases[2 * i + 1], leases[2 * i + 2] = deadline, ids[first + i]
      end
      check_by(queue, now + lease)
      redis.call('ZADD', queue.leases, unpack(leases))
    else
      local removed, removed_values = ids, values
      if first > 1 then
        removed, removed_values = { unpack(ids, first, count) }, { unpack(values, first, count) }
      end
      modules.acknowledge.remember(queue, removed)
      became_ready = remove_events(queue, removed, removed_values, {}, 'until read')
      add_count(queue, ACKED, #removed)
    end
  end
  if states and #states.keys > 0 then
    became_ready = became_ready + groups.store_leased(queue, states, refused)
  end
  if #expired > 0 then
    became_ready = became_ready + remove_events(queue, expired, expired_values, {})
    add_count(queue, EXPIRED, #expired)
  end
  redis.call('LTRIM', queue.ready, 0, -read - 1)
  if queue.policy.tombstones > 0 then
    local ready_list = modules.ready_list
    ready_list.forget(queue, tombstones)
    if ready_list.needs_sweep(queue) then
      check_by(queue, now)
    end
    work = work + #tombstones * EVENT_WORK
  end
  work = work + bytes - large_bytes + (#expired + #refused / 2) * EVENT_WORK
  return bytes, is_cut, delivers_large, became_ready
end

-- Delivers up to n events from the right end of the ready list, and at most `max_bytes` of contents, but at least one:
-- leases them for `lease` ms, or for the policy's lease if it is -1; removes them if it is 0. Returns their ids and
-- values, whether there may be more, and whether contents of some are large. Removes expired events and tombstones
-- between them. Goes on to events that become ready because others of their groups are removed.
local function take(queue, n, lease, max_bytes)
  local ids, values = {}, {}
  local bytes, is_cut, any_large, became_ready = take_ready(queue, n, lease, max_bytes, ids, values)
  while became_ready > 0 and #ids < n and not is_cut do
    local more_bytes, more_large
    more_bytes, is_cut, more_large, became_ready = take_ready(queue, n, lease, max_bytes - bytes, ids, values)
    bytes, any_large = bytes + more_bytes, any_large or more_large
    is_cut = is_cut or work >= MAX_WORK
  end
  return ids, values, is_cut, any_large
end

-- pop
--   parameter  lease (ms); 0 to remove the event at once, -1 for the policy's lease
--   result     the event, or false
local function pop(queue, n, lease)
  local ids, values, is_cut, any_large = take(queue, n, lease, math.huge)
  for i = 1, #ids do
    if any_large then
      add_event(queue, ids[i], values[i], lease == 0)
    else
      results[result_count + 1], results[result_count + 2] = ids[i], values[i]
      result_count = result_count + 2
    end
  end
  if is_cut then
    return #ids
  end
  for _ = #ids + 1, n do
    add_result(false)
  end
end

-- claim
--   arguments  maximum number of events, maximum bytes of their contents: one event may have more
--   parameter  lease, as of pop
--   result     number of events; each with its number of failed deliveries behind it
local function claim(queue, n, lease, args, first)
  purge_removed(queue)
  for i = first, first + 2 * n - 2, 2 do
    if work >= MAX_WORK then
      return (i - first) / 2
    end
    local ids, values, is_cut = take(queue, args[i], lease, args[i + 1])
    if is_cut and #ids == 0 then
      return (i - first) / 2
    end
    add_result(#ids)
    work = work + #ids * EVENT_WORK / 4
    local failed = #ids > 0 and redis.call('HMGET', queue.failed, unpack(ids))
    for j = 1, #ids do
      add_event(queue, ids[j], values[j], lease == 0)
      add_result(failed[j] and struct.unpack('>I2', failed[j]) or 0)
    end
  end
end

modules.deliver = {
  add_event = add_event,
  event_at = event_at,
}

operations.peek_left = function(queue, n)
  return peek('LPOP', 0, queue, n)
end
operations.peek_right = function(queue, n)
  return peek('RPOP', -1, queue, n)
end
operations.pop = pop
operations.claim = claim
