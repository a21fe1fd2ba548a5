-- The ready list of a queue: its entries, removal from its middle, and moves to another list.
--
-- Entries are the ids of ready events, left to right. An event that is removed from the middle of a long list leaves a
-- tombstone: its entry stays until a delivery or sweep() takes it away. The set `tombstones` holds the ids of such
-- entries, the policy record the number of all of them. While an id is in the set, the entry of a new event with it is
-- TAG, the event's stamp and the id. That is longer than any id, and a tombstone if no event with the id has the stamp.

local MAX_ID = 1024
local TAG = string.rep('\0', MAX_ID)

-- Returns the ids and values of entries; the value is false if the entry is a tombstone. `values` holds what `events`
-- has under each entry.
local function resolve(queue, entries, values)
  local ids, stamps = {}, {}
  for i = 1, #entries do
    local entry = entries[i]
    if entry == '' then
      ids[i], values[i] = entry, false -- a failed call left it
    elseif #entry > MAX_ID then
      stamps[i] = entry:sub(MAX_ID + 1, MAX_ID + STAMP_BYTES)
      ids[i] = entry:sub(MAX_ID + STAMP_BYTES + 1)
      local value = redis.call('HGET', queue.events, ids[i])
      values[i] = value and value:sub(1, STAMP_BYTES) == stamps[i] and value
    else
      ids[i] = entry
    end
  end
  if queue.policy.tombstones > 0 and #ids > 0 then
    local is_tombstone = redis.call('SMISMEMBER', queue.tombstones, unpack(ids))
    for i = 1, #ids do
      if is_tombstone[i] == 1 and not stamps[i] then
        values[i] = false
      end
    end
  end
  return ids, values
end

-- Returns the entries for ready events. `fields` holds id and value, or the stamp alone, in turn.
local function entries_for(queue, fields)
  local ids = {}
  for i = 1, #fields, 2 do
    ids[#ids + 1] = fields[i]
  end
  if policy_of(queue).tombstones == 0 then
    return ids
  end
  local is_tombstone = redis.call('SMISMEMBER', queue.tombstones, unpack(ids))
  local entries = {}
  for i = 1, #ids do
    entries[i] = is_tombstone[i] == 1 and TAG .. fields[2 * i]:sub(1, STAMP_BYTES) .. ids[i] or ids[i]
  end
  return entries
end

-- Returns the number of ready events.
local function length_of(queue)
  local length = redis.call('LLEN', queue.ready)
  return length > 0 and math.max(0, length - policy_of(queue).tombstones) or 0
end

local function set_tombstones(queue, number)
  if number == 0 then
    redis.call('UNLINK', queue.tombstones)
  end
  if number ~= policy_of(queue).tombstones then
    modules.queue.update(queue, { tombstones = number })
  end
end

-- Call this after taking entries without an event from the list. Those that a failed call left were never counted.
local function forget(queue, entries)
  if #entries == 0 then
    return
  end
  local ids, tagged = {}, 0
  for _, entry in ipairs(entries) do
    if #entry > MAX_ID then
      tagged = tagged + 1
    else
      ids[#ids + 1] = entry
    end
  end
  local untagged = #ids > 0 and redis.call('SREM', queue.tombstones, unpack(ids)) or 0
  set_tombstones(queue, math.max(0, policy_of(queue).tombstones - tagged - untagged))
end

-- The reclaimer sweeps tombstones that are this many and this part of the list, or all of it.
local MANY_TOMBSTONES, SWEPT_PART = 10000, 4

local function needs_sweep(queue)
  local tombstones = policy_of(queue).tombstones
  if tombstones < MANY_TOMBSTONES then
    return tombstones > 0 and length_of(queue) == 0
  end
  return tombstones * SWEPT_PART >= redis.call('LLEN', queue.ready)
end

-- Takes removed events, which were ready or delayed, from their lists. `is_blocked` tells by id which were neither.
local SHORT_LIST = 1000
local function unlink_events(queue, ids, is_blocked)
  local length = redis.call('LLEN', queue.ready)
  local tombstones = {}
  for i = 1, #ids do
    local id = ids[i]
    if
      not is_blocked[id]
      and redis.call('ZREM', queue.later, ENTER_LEFT .. id, ENTER_RIGHT .. id) == 0
      and (length > SHORT_LIST or redis.call('LREM', queue.ready, -1, id) == 0)
    then
      tombstones[#tombstones + 1] = id
    end
  end
  if #tombstones > 0 then
    redis.call('SADD', queue.tombstones, unpack(tombstones))
    set_tombstones(queue, policy_of(queue).tombstones + #tombstones)
    if needs_sweep(queue) then
      check_by(queue, now)
    end
  end
  mark_removed(queue, ids)
end

-- Removes events that are ready, delayed or blocked.
local function remove_waiting(queue, ids, values)
  local is_blocked = modules.groups.leave(queue, ids, values, {}, true)
  redis.call('HDEL', queue.events, unpack(ids))
  unlink_events(queue, ids, is_blocked)
end

-- Takes entries out of the list by their indexes, which count from the right, from -1.
--
-- They are first replaced by empty ids, which are then removed all at once. Redis walks to them from the nearer end of
-- the list, past some 200,000 entries a millisecond.
local function take_out(queue, indexes)
  if #indexes == 0 then
    return
  elseif indexes[#indexes] == -#indexes then
    redis.call('LTRIM', queue.ready, 0, -#indexes - 1)
    return
  end
  for _, index in ipairs(indexes) do
    redis.call('LSET', queue.ready, index, '')
  end
  local from_right = -indexes[1] < redis.call('LLEN', queue.ready) / 2
  redis.call('LREM', queue.ready, from_right and -#indexes or #indexes, '')
end

-- Takes tombstones out of one part of the list. `position` is the number of entries on the right of that part. Returns
-- the position of the next part, or 0 at the end.
--
-- In the middle of a very long list they stay until they come nearer to an end.
local PART, LONGEST_WALK = 250, 2000000
local function sweep(queue, position)
  local length = redis.call('LLEN', queue.ready)
  if math.min(position, length - position) > LONGEST_WALK then
    position = length - LONGEST_WALK
  end
  local entries = redis.call('LRANGE', queue.ready, -(position + PART), -(position + 1))
  if #entries == 0 then
    if position == 0 then
      set_tombstones(queue, 0)
    end
    return 0
  end
  local _, values = resolve(queue, entries, values_of(queue, entries))
  local swept, indexes = {}, {}
  for i = #entries, 1, -1 do
    if not values[i] then
      swept[#swept + 1] = entries[i]
      indexes[#indexes + 1] = -(position + #entries - i + 1)
    end
  end
  take_out(queue, indexes)
  forget(queue, swept)
  work = work + #entries * EVENT_WORK
  position = position + #entries - #swept
  return position < length - #swept and position or 0
end

-- Has another queue hold an event, as if it were pushed on the left, whose deliveries begin again. Where it was it
-- remains, but without large contents.
local function copy_to(destination, source, id, value)
  local fields = { id, new_stamp() .. value:sub(FLAGS) }
  local is_ready, joined = modules.groups.join_one(destination, fields, true)
  if is_ready then
    redis.call('LPUSH', destination.ready, unpack(entries_for(destination, fields)))
    destination.became_ready = destination.became_ready + 1
  end
  if is_large(value) then
    modules.contents.move(source, destination, id)
  end
  if byte(value, FLAGS) % 2 == 1 then
    local expires = struct.unpack('>I6', value, FLAGS + 1)
    check_by(destination, expires)
    redis.call('ZADD', destination.later, expires, EXPIRE .. id)
  end
  modules.groups.store_joined(destination, joined)
  redis.call('HSET', destination.events, unpack(fields))
end

-- move_event: moves an event that is ready, delayed or blocked to the left end of another queue
--   arguments  id, index of the destination
--   result     0 if the queue does not hold the event or it is leased, 1 if it was moved, 2 if the
--              destination holds its id, 3 if the destination is full
local function move_event(source, n, _, args, first)
  for i = first, first + 2 * n - 2, 2 do
    if work >= MAX_WORK then
      return (i - first) / 2
    end
    local id, destination = args[i], queue_at(args[i + 1])
    purge_removed(source)
    purge_removed(destination)
    local value = redis.call('HGET', source.events, id)
    local result
    if not value or expire_if_due(source, id, value) or redis.call('ZSCORE', source.leases, id) then
      result = 0
    elseif not modules.redelivery.is_free(destination, id) then
      result = 2
    elseif modules.queue.room_in(destination) < 1 then
      result = 3
    else
      result = 1
      allow_writes(source)
      check_removal(source)
      copy_to(destination, source, id, value)
      redis.call('SADD', destination.active, name_of(destination))
      remove_waiting(source, { id }, { value })
    end
    work = work + EVENT_WORK
    add_result(result)
  end
end

-- move: moves ready events, the right-most first, to the left end of another queue
--   arguments  index of the destination, number of events on the right to skip
--   parameter  maximum number of events to read
--   result     number of moved events, number skipped because the destination holds their ids, 1 if there may be more
local function move(source, n, limit, args, first)
  local is_free, room_in = modules.redelivery.is_free, modules.queue.room_in
  for i = first, first + 2 * n - 2, 2 do
    if work >= MAX_WORK then
      return (i - first) / 2
    end
    local destination, skip = queue_at(args[i]), args[i + 1]
    purge_removed(destination)
    local entries = redis.call('LRANGE', source.ready, -(skip + limit), -(skip + 1))
    local ids, values = resolve(source, entries, values_of(source, entries))
    local room, skipped = room_in(destination), 0
    local moved, moved_values, expired, expired_values, tombstones, left = {}, {}, {}, {}, {}, {}
    allow_writes(source)
    check_removal(source)
    for j = #ids, 1, -1 do
      local id, value = ids[j], values[j]
      local stays = false
      if not value then
        tombstones[#tombstones + 1] = entries[j]
      elseif is_expired(value) then
        expired[#expired + 1] = id
        expired_values[#expired] = value
      elseif not is_free(destination, id) then
        stays = true
        skipped = skipped + 1
      elseif #moved >= room or work >= MAX_WORK then
        break
      else
        copy_to(destination, source, id, value)
        moved[#moved + 1] = id
        moved_values[#moved] = value
      end
      work = work + EVENT_WORK
      if not stays then
        left[#left + 1] = -(skip + #ids - j + 1)
      end
    end
    if #moved > 0 then
      redis.call('SADD', destination.active, name_of(destination))
      remove_events(source, moved, moved_values, {})
    end
    if #expired > 0 then
      remove_events(source, expired, expired_values, {})
      add_count(source, EXPIRED, #expired)
    end
    take_out(source, left)
    forget(source, tombstones)
    add_result(#moved)
    add_result(skipped)
    add_result(#left + skipped > 0 and 1 or 0)
  end
end

modules.ready_list = {
  resolve = resolve,
  entries_for = entries_for,
  length_of = length_of,
  forget = forget,
  needs_sweep = needs_sweep,
  unlink_events = unlink_events,
  remove_waiting = remove_waiting,
  sweep = sweep,
}

operations.move = move
operations.move_event = move_event
