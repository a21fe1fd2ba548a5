-- Groups: their events are delivered in order, and only as many at a time as the policy's group_limit.
--
-- An event joins its group when it is pushed, or with a delay when it is due. It then holds one of the group's places
-- or, if none is free, is blocked: at the end of the group's line. The first of the line gets a place when an event
-- that holds one is removed. What its value says of its place:
--
--     0         it has not joined yet: delayed by its push
--     1         it is outside its group: a dead letter
--     2         it got a place when it joined
--     a number  the one it has, or had, in the line: it is blocked if `blocked` has its id there, otherwise it holds a
--               place
--
-- An event that holds a place is ready, leased, or delayed by a failure.
--
-- `groups` holds for each key of a group with events, in this order:
--
--     4 bytes  held: number of events that hold a place
--     4 bytes  out: how many of them are leased
--     4 bytes  blocked: number of blocked events
--     6 bytes  first: number of the first event of the line, or lower; a push on the right puts one before it
--     6 bytes  last: the number behind the last event of the line, for the next push on the left
--
-- `blocked` holds the ids of blocked events. A field is the key of the group and a number (6 bytes). Where an event was
-- removed from the middle of a line, its number is missing.
--
-- A call that fails may leave `held` and `out` too low or `blocked` too high, and fields of `blocked` without an event.
-- Then a group may have more events ready than allowed for a time, but is never stuck.

local NOT_JOINED, OUTSIDE, AT_ONCE = '\0\0\0\0\0\0', '\0\0\0\0\0\1', '\0\0\0\0\0\2'
local STATE, MIDDLE = '>I4I4I4I6I6', 2 ^ 47

-- States of groups, for one operation: lists by the index that load() gives each group. `wanted` is the number of
-- places that want_next() has asked for. A table for each group would take much of the time.
local function new_states()
  return { indexes = {}, keys = {}, held = {}, out = {}, blocked = {}, first = {}, last = {}, wanted = {} }
end

local function place_of_number(number)
  return struct.pack('>I6', number)
end

-- Returns place and key of an event that has a group.
local function place_of(value)
  return struct.unpack('>c6I2c0', value, place_at(value))
end

-- Returns the value of an event with another place.
local function with_place(value, place)
  local at = place_at(value)
  return value:sub(1, at - 1) .. place .. value:sub(at + PLACE_BYTES)
end

-- Returns key and place of an event that has joined a group, or nothing.
local function joined(value)
  local flags = value and byte(value, FLAGS) or 0
  if flags % (2 * GROUPED) >= GROUPED then
    local place, key = struct.unpack('>c6I2c0', value, FLAGS + flags % (2 * EXPIRES) * EXPIRY_BYTES + 1)
    if place ~= NOT_JOINED and place ~= OUTSIDE then
      return key, place
    end
  end
end

-- Adds to `states` those of groups that it has not. `keys` holds n keys, or false. Returns the index of the group of
-- each, or false.
local function load(queue, keys, n, states)
  local indexes, known, index_of = states.indexes, states.keys, {}
  local old = #known
  local count = old
  for i = 1, n do
    local key = keys[i]
    local index = key and indexes[key]
    if key and not index then
      count = count + 1
      index = count
      indexes[key], known[index] = index, key
    end
    index_of[i] = index
  end
  if count > old then
    local packed = redis.call('HMGET', queue.groups, unpack(known, old + 1))
    local held, out, blocked, first, last = states.held, states.out, states.blocked, states.first, states.last
    for i = old + 1, count do
      if packed[i - old] then
        held[i], out[i], blocked[i], first[i], last[i] = struct.unpack(STATE, packed[i - old])
      else
        held[i], out[i], blocked[i], first[i], last[i] = 0, 0, 0, MIDDLE, MIDDLE
      end
      states.wanted[i] = 0
    end
    queue.has_groups = true
  end
  return index_of
end

local function save(queue, states)
  local held, out, blocked, first, last = states.held, states.out, states.blocked, states.first, states.last
  local fields, gone, count = {}, {}, 0
  for i, key in ipairs(states.keys) do
    if held[i] + blocked[i] == 0 then
      gone[#gone + 1] = key
    else
      fields[count + 1], fields[count + 2] = key, struct.pack(STATE, held[i], out[i], blocked[i], first[i], last[i])
      count = count + 2
    end
  end
  if count > 0 then
    redis.call('HSET', queue.groups, unpack(fields))
  end
  if #gone > 0 then
    redis.call('HDEL', queue.groups, unpack(gone))
  end
end

-- Asks in `wants`, a list of groups, for one more place for a group if its limit allows one and it has a blocked event.
local function want_next(limit, states, group, wants)
  local wanted = states.wanted[group]
  if states.blocked[group] > wanted and states.held[group] + wanted < limit then
    states.wanted[group] = wanted + 1
    wants[#wants + 1] = group
    return true
  end
  return false
end

-- Asks for all places that groups may have after the limit was raised, as far as the call may.
local MANY = 250
local function want_all(queue, states, wants)
  local limit = policy_of(queue).group_limit
  for group = 1, #states.keys do
    repeat until #wants >= MANY or not want_next(limit, states, group, wants)
  end
end

-- Counts an event as no longer blocked.
local function count_unblocked(states, group)
  local blocked = math.max(0, states.blocked[group] - 1)
  states.blocked[group] = blocked
  if blocked == 0 then
    states.first[group] = states.last[group]
  end
end

-- Moves `first` of a group to the first event of its line, past numbers that are missing. Returns whether it is there,
-- or the line empty: a call that has done enough stops before.
local MOST_READ = 256
local function skip_missing(queue, states, group)
  local key, count, last = states.keys[group], 4, states.last[group]
  while states.first[group] < last do
    if work >= MAX_WORK then
      return false
    end
    local first, fields = states.first[group], {}
    count = math.min(count * 4, MOST_READ)
    for number = first, math.min(first + count, last) - 1 do
      fields[#fields + 1] = key .. place_of_number(number)
    end
    local ids = redis.call('HMGET', queue.blocked, unpack(fields))
    work = work + #fields * EVENT_WORK / 4
    for i = 1, #fields do
      if ids[i] then
        states.first[group] = first + i - 1
        return true
      end
    end
    states.first[group] = first + #fields
  end
  states.blocked[group], states.first[group] = 0, last
  return true
end

-- Has the reclaimer go through the groups for those that have a free place and blocked events.
local function let_in_later(queue)
  redis.call('ZADD', queue.later, 0, LET_IN)
  check_by(queue, now)
end

-- Takes the first of the line for each of the groups in `wants`. Returns their fields in `blocked`, their places, ids
-- and values, by the positions of `wants`; false where the number is missing.
local function take_first(queue, wants, states)
  local keys, first, wanted = states.keys, states.first, states.wanted
  local fields, places, asked = {}, {}, {}
  for i = 1, #wants do
    local group = wants[i]
    local place = place_of_number(first[group])
    first[group] = first[group] + 1
    wanted[group] = wanted[group] - 1
    fields[i], places[i] = keys[group] .. place, place
  end
  local ids = redis.call('HMGET', queue.blocked, unpack(fields))
  for i = 1, #wants do
    asked[i] = ids[i] or POLICY_FIELD
  end
  return fields, places, ids, redis.call('HMGET', queue.events, unpack(asked))
end

-- Makes the events that were found ready on the left, in the order of `wants`: the first of a group for its first want,
-- and so on. `found` holds by group their ids and values in turn.
local function enter_ready(queue, wants, found)
  local ready, positions = {}, {}
  for _, group in ipairs(wants) do
    local events, at = found[group], positions[group] or 1
    if events and events[at] then
      ready[#ready + 1], ready[#ready + 2] = events[at], events[at + 1]
      positions[group] = at + 2
    end
  end
  redis.call('LPUSH', queue.ready, unpack(modules.ready_list.entries_for(queue, ready)))
  queue.became_ready = queue.became_ready + #ready / 2
end

-- Has a blocked event become ready on the left for each group in `wants`, in this order. Removes expired ones; in a
-- call that has done enough they become ready, and the next delivery removes them. Returns the number of ready ones,
-- and whether the reclaimer must go on.
local function let_in(queue, wants, states)
  local is_cut, limit, order = false, policy_of(queue).group_limit, wants
  local found, found_fields = {}, {}
  while #wants > 0 do
    local fields, places, ids, values = take_first(queue, wants, states)
    local expired, gone, again = {}, {}, {}
    for i = 1, #wants do
      local group, id, value = wants[i], ids[i], values[i]
      local key, place = joined(id and value)
      if place ~= places[i] or key ~= states.keys[group] then
        again[#again + 1] = group -- it is missing, or a failed call left it
        if id then
          gone[#gone + 1] = fields[i]
        end
      elseif is_expired(value) and work < MAX_WORK then
        count_unblocked(states, group)
        expired[#expired + 1] = id
        again[#again + 1] = group
        gone[#gone + 1] = fields[i]
      else
        count_unblocked(states, group)
        states.held[group] = states.held[group] + 1
        local events = found[group] or {}
        events[#events + 1], events[#events + 2] = id, value
        found[group] = events
        found_fields[#found_fields + 1] = fields[i]
      end
    end
    if #gone > 0 then
      redis.call('HDEL', queue.blocked, unpack(gone))
    end
    if #expired > 0 then
      redis.call('HDEL', queue.events, unpack(expired))
      mark_removed(queue, expired)
      add_count(queue, EXPIRED, #expired)
    end
    work = work + #wants * EVENT_WORK
    wants = {}
    for _, group in ipairs(again) do
      if skip_missing(queue, states, group) then
        want_next(limit, states, group, wants)
      else
        is_cut = true
      end
    end
  end
  if is_cut then
    let_in_later(queue)
  end
  if #found_fields > 0 then
    enter_ready(queue, order, found)
    redis.call('HDEL', queue.blocked, unpack(found_fields))
  end
  return #found_fields, is_cut
end

-- Returns a new number at the end of a line, or before its first event.
local function number_at_end(states, group, is_left)
  if is_left then
    local number = states.last[group]
    states.last[group] = number + 1
    return number
  end
  states.first[group] = states.first[group] - 1
  return states.first[group]
end

-- Has new events, or delayed ones that are due, join their groups, whose keys are in `keys` by position; false for an
-- event without a group. Returns by position their places, AT_ONCE for those that are ready, and what store_joined()
-- stores.
local function join(queue, ids, keys, is_left)
  local states, wants, places, entries = new_states(), {}, {}, {}
  local group_of = load(queue, keys, #ids, states)
  if #states.keys == 0 then
    return places, nil
  end
  want_all(queue, states, wants)
  let_in(queue, wants, states)
  local limit, held, blocked = policy_of(queue).group_limit, states.held, states.blocked
  for i = 1, #ids do
    local group = group_of[i]
    if not group then
      places[i] = false
    elseif blocked[group] == 0 and held[group] < limit then
      held[group] = held[group] + 1
      places[i] = AT_ONCE
    else
      blocked[group] = blocked[group] + 1
      places[i] = place_of_number(number_at_end(states, group, is_left))
      entries[#entries + 1] = keys[i] .. places[i]
      entries[#entries + 1] = ids[i]
    end
  end
  return places, { states = states, entries = entries }
end

-- Stores what join() returned. Call this directly before storing the events.
local function store_joined(queue, new)
  if new then
    if #new.entries > 0 then
      redis.call('HSET', queue.blocked, unpack(new.entries))
    end
    save(queue, new.states)
  end
end

-- Has an event join its group, if it has one, and sets its place in `fields`, its id and value. Returns whether it is
-- ready, and what store_joined() stores.
local function join_one(queue, fields, is_left)
  local value = fields[2]
  if not is_grouped(value) then
    return true, nil
  end
  local _, key = place_of(value)
  local places, new = join(queue, { fields[1] }, { key }, is_left)
  fields[2] = with_place(value, places[1])
  return places[1] == AT_ONCE, new
end

-- Adds to `states` those of the groups that events have joined. Returns the index of the group, or false, and the place
-- of each event.
local function load_of(queue, values, n, states)
  local keys, places = {}, {}
  for i = 1, n do
    local key, place = joined(values[i])
    keys[i], places[i] = key or false, place
  end
  return load(queue, keys, n, states), places
end

-- Removes those of some events that are blocked. Returns which these are, by id.
local function remove_blocked(queue, ids, group_of, places, leased, states)
  local fields, asked, removed, removed_ids, is_blocked = {}, {}, {}, {}, {}
  for i = 1, #ids do
    local group = group_of[i]
    if group and not leased[i] and places[i] ~= AT_ONCE and states.blocked[group] > 0 then
      fields[#fields + 1] = states.keys[group] .. places[i]
      asked[#fields] = i
    end
  end
  local found = #fields > 0 and redis.call('HMGET', queue.blocked, unpack(fields)) or {}
  for j = 1, #fields do
    local id = ids[asked[j]]
    if found[j] == id and not is_blocked[id] then
      is_blocked[id] = true
      removed[#removed + 1] = fields[j]
      removed_ids[#removed] = id
      count_unblocked(states, group_of[asked[j]])
    end
  end
  if #removed > 0 then
    redis.call('HDEL', queue.events, unpack(removed_ids))
    redis.call('HDEL', queue.blocked, unpack(removed))
  end
  return is_blocked
end

-- Returns quickly whether any of some events may have a group. Usually none has.
local function may_be_grouped(values, n)
  for i = 1, n do
    local value = values[i]
    if value and byte(value, FLAGS) >= GROUPED then
      return true
    end
  end
  return false
end

-- Has events leave their groups, whose next ones become ready. Call this directly before removing the events. None of
-- them is blocked, unless `any_blocked` says so: those that are this removes. `leased[i]` says whether an event is
-- leased. Returns which ones were blocked, by id, and how many became ready.
local function leave(queue, ids, values, leased, any_blocked)
  if not may_be_grouped(values, #ids) then
    return {}, 0
  end
  local states, wants, seen, limit = new_states(), {}, {}, policy_of(queue).group_limit
  local group_of, places = load_of(queue, values, #ids, states)
  if #states.keys == 0 then
    return {}, 0
  end
  check_removal(queue)
  local is_blocked = any_blocked and remove_blocked(queue, ids, group_of, places, leased, states) or {}
  local held, out, max = states.held, states.out, math.max
  for i = 1, #ids do
    local id, group = ids[i], group_of[i]
    if group and not is_blocked[id] and not seen[id] then
      seen[id] = true
      held[group] = max(0, held[group] - 1)
      out[group] = math.min(leased[i] and max(0, out[group] - 1) or out[group], held[group])
      work = work + EVENT_WORK / 2
      want_next(limit, states, group, wants)
    end
  end
  local number = let_in(queue, wants, states)
  save(queue, states)
  return is_blocked, number
end

-- Returns how many of some events, from the first, leave() may take in this call: at least one.
local LEAVE_WORK = 1.5 * EVENT_WORK
local function number_that_may_leave(values, n)
  local spent = work
  if spent + n * LEAVE_WORK <= MAX_WORK then
    return n
  end
  for i = 1, n do
    local value = values[i]
    if value and byte(value, FLAGS) >= GROUPED then
      spent = spent + LEAVE_WORK
      if spent > MAX_WORK and i > 1 then
        return i - 1
      end
    end
  end
  return n
end

-- Returns the values of events if the queue has groups, otherwise nil.
local function values_if_any(queue, ids)
  return redis.call('EXISTS', queue.groups) == 1 and redis.call('HMGET', queue.events, unpack(ids)) or nil
end

-- Counts an event of a group as leased, or returns false: as many are, because the limit was lowered.
local function lease(queue, states, group)
  local out = states.out
  if out[group] >= queue.policy.group_limit then
    return false
  end
  out[group] = out[group] + 1
  return true
end

-- Saves what lease() counted; blocks ready events again that it refused, at the beginning of their lines. `fields`
-- holds their ids and values in turn, the next to be delivered first. Call this directly before taking them from the
-- ready list. Returns how many others became ready.
local function store_leased(queue, states, fields)
  local entries, wants, limit = {}, {}, policy_of(queue).group_limit
  local held, out, blocked = states.held, states.out, states.blocked
  for i = #fields - 1, 1, -2 do
    local key = joined(fields[i + 1])
    local group = states.indexes[key]
    local place = place_of_number(number_at_end(states, group, false))
    entries[#entries + 1] = key .. place
    entries[#entries + 1] = fields[i]
    fields[i + 1] = with_place(fields[i + 1], place)
    blocked[group] = blocked[group] + 1
    held[group] = math.max(0, held[group] - 1)
    out[group] = math.min(out[group], held[group])
  end
  if #entries > 0 then
    redis.call('HSET', queue.events, unpack(fields))
    redis.call('HSET', queue.blocked, unpack(entries))
    for group = 1, #states.keys do
      want_next(limit, states, group, wants)
    end
  end
  local number = let_in(queue, wants, states)
  save(queue, states)
  return number
end

-- Counts leased events as leased no longer. Call this directly before ending their leases.
local function give_back(queue, values)
  local states = new_states()
  for _, group in ipairs((load_of(queue, values, #values, states))) do
    if group then
      states.out[group] = math.max(0, states.out[group] - 1)
    end
  end
  save(queue, states)
end

-- Returns whether an event that is neither leased nor delayed is blocked.
local function is_blocked(queue, id, value)
  local key, place = joined(value)
  return key and redis.call('HGET', queue.blocked, key .. place) == id
end

-- Has events of some groups become ready where places are free, after the limit was raised. Takes the position in
-- `groups`, and returns the next one or nil at the end.
local WALKED = 100
local function walk(queue, position)
  local step = redis.call('HSCAN', queue.groups, ('%.17g'):format(position), 'COUNT', WALKED)
  local keys, states, wants, is_cut = {}, new_states(), {}, false
  for i = 1, #step[2], 2 do
    keys[#keys + 1] = step[2][i]
  end
  load(queue, keys, #keys, states)
  want_all(queue, states, wants)
  if #wants > 0 then
    is_cut = select(2, let_in(queue, wants, states))
    save(queue, states)
  end
  work = work + #keys * EVENT_WORK
  if is_cut or #wants >= MANY then
    return position
  end
  return step[1] ~= '0' and tonumber(step[1]) or nil
end

modules.groups = {
  NOT_JOINED = NOT_JOINED,
  OUTSIDE = OUTSIDE,
  AT_ONCE = AT_ONCE,
  new_states = new_states,
  LEAVE_WORK = LEAVE_WORK,
  with_place = with_place,
  place_of = place_of,
  join = join,
  join_one = join_one,
  store_joined = store_joined,
  leave = leave,
  number_that_may_leave = number_that_may_leave,
  values_if_any = values_if_any,
  load_of = load_of,
  lease = lease,
  store_leased = store_leased,
  give_back = give_back,
  is_blocked = is_blocked,
  walk = walk,
}
