-- Groups: their events are delivered in order, and only as many at a time as the policy's group_limit.
--
-- An event joins its group when it is pushed, or with a delay when it is due. It gets a number, its place in the group,
-- and holds one of the group's places or, if none is free, is blocked. The next blocked event gets a place when an
-- event that holds one is removed. So an event is in one of these states, which its place in its value tells in part:
--
--     0         it has not joined yet: delayed by its push
--     1         it is outside its group: a dead letter
--     a number  it is blocked if `blocked` has it; otherwise it holds a place: ready, leased, or delayed by a failure
--
-- `groups` holds for each key of a group with events, in this order:
--
--     4 bytes  held: number of events that hold a place
--     4 bytes  out: how many of them are leased
--     4 bytes  blocked: number of blocked events
--     6 bytes  left: number of the next event that is pushed on the left; grows
--     6 bytes  right: number of the next event that is pushed on the right; shrinks
--
-- `blocked` is a sorted set in the order of its members, because all scores are 0. A member is the length of the key
-- (2 bytes), the key, the number (6 bytes), and the id of the event.
--
-- A call that fails may leave `held` and `out` too low or `blocked` too high, and members of `blocked` without an
-- event. Then a group may have more events ready than allowed for a time, but is never stuck.

local OUTSIDE, FIRST_NUMBER, MIDDLE = 1, 2, 2 ^ 47
local STATE = '>I4I4I4I6I6'

-- Returns place and key of an event that has a group.
local function place_of(value)
  return struct.unpack('>I6I2c0', value, place_at(value))
end

-- Returns the value of an event with another place.
local function with_place(value, place)
  local at = place_at(value)
  return value:sub(1, at - 1) .. struct.pack('>I6', place) .. value:sub(at + PLACE_BYTES)
end

local function prefix_of(key)
  return struct.pack('>I2', #key) .. key
end

local function member_of(key, number, id)
  return prefix_of(key) .. struct.pack('>I6', number) .. id
end

-- Returns key and number of an event that has joined a group, or nothing.
local function joined(value)
  if value and is_grouped(value) then
    local number, key = place_of(value)
    if number >= FIRST_NUMBER then
      return key, number
    end
  end
end

-- Adds to `states` by key the states of groups that it has not.
local function load(queue, keys, states)
  local missing = {}
  for i = 1, #keys do
    local key = keys[i]
    if not states[key] then
      missing[#missing + 1] = key
      states[key] = { key = key, held = 0, out = 0, blocked = 0, left = MIDDLE, right = MIDDLE - 1, wanted = 0 }
    end
  end
  if #missing > 0 then
    local packed = redis.call('HMGET', queue.groups, unpack(missing))
    for i = 1, #missing do
      if packed[i] then
        local state = states[missing[i]]
        state.held, state.out, state.blocked, state.left, state.right = struct.unpack(STATE, packed[i])
      end
    end
    queue.has_groups = true
  end
end

local function save(queue, states)
  local fields, gone = {}, {}
  for key, state in pairs(states) do
    if state.held + state.blocked == 0 then
      gone[#gone + 1] = key
    else
      fields[#fields + 1] = key
      fields[#fields + 1] = struct.pack(STATE, state.held, state.out, state.blocked, state.left, state.right)
    end
  end
  if #fields > 0 then
    redis.call('HSET', queue.groups, unpack(fields))
  end
  if #gone > 0 then
    redis.call('HDEL', queue.groups, unpack(gone))
  end
end

-- Asks in `wants` for one more place for a group if its limit allows one and it has a blocked event.
local function want_next(queue, state, wants)
  if state.held + state.wanted < policy_of(queue).group_limit and state.blocked > state.wanted then
    state.wanted = state.wanted + 1
    wants[#wants + 1] = state
    return true
  end
  return false
end

-- Asks for all places that a group may have after its limit was raised, as far as the call may.
local MANY = 250
local function want_all(queue, state, wants)
  repeat until #wants >= MANY or not want_next(queue, state, wants)
end

-- Returns the first blocked event of each state in `wants`, for the second mention of a state the second, and so on.
-- Each has state, member, id and value; the list has nothing for a state that has no further event.
local function first_blocked(queue, wants)
  local numbers, lines, found, ids = {}, {}, {}, {}
  for _, state in ipairs(wants) do
    numbers[state] = (numbers[state] or 0) + 1
  end
  for _, state in ipairs(wants) do
    local line = lines[state]
    if not line then
      local prefix = prefix_of(state.key)
      line = redis.call(
        'ZRANGE', queue.blocked, '[' .. prefix, '(' .. prefix .. '\255', 'BYLEX', 'LIMIT', 0, numbers[state]
      )
      line.read = 0
      lines[state] = line
    end
    line.read = line.read + 1
    local member = line[line.read]
    if member then
      local id = member:sub(2 + #state.key + PLACE_BYTES + 1)
      found[#found + 1] = { state = state, member = member, id = id }
      ids[#ids + 1] = id
    else
      state.is_line_empty = true
    end
  end
  local values = #ids > 0 and redis.call('HMGET', queue.events, unpack(ids)) or {}
  for i, event in ipairs(found) do
    event.value = values[i]
  end
  return found
end

-- Has a blocked event become ready on the left for each state in `wants`, in this order. Removes expired ones; in a
-- call that has done enough they become ready, and the next delivery removes them. Returns the number of ready ones.
local function let_in(queue, wants)
  local total = 0
  while #wants > 0 do
    local ready, expired, members, next_wants = {}, {}, {}, {}
    for _, event in ipairs(first_blocked(queue, wants)) do
      local state, id, value = event.state, event.id, event.value
      local key, number = joined(value)
      members[#members + 1] = event.member
      if key ~= state.key or number ~= struct.unpack('>I6', event.member, 2 + #key + 1) then
        next_wants[#next_wants + 1] = state -- a failed call left it
      else
        state.blocked = math.max(0, state.blocked - 1)
        if is_expired(value) and work < MAX_WORK then
          expired[#expired + 1] = id
          next_wants[#next_wants + 1] = state
        else
          state.held = state.held + 1
          ready[#ready + 1] = id
          ready[#ready + 1] = value
        end
      end
    end
    if #ready > 0 then
      redis.call('LPUSH', queue.ready, unpack(modules.ready_list.entries_for(queue, ready)))
      queue.became_ready = queue.became_ready + #ready / 2
      total = total + #ready / 2
    end
    if #members > 0 then
      redis.call('ZREM', queue.blocked, unpack(members))
    end
    if #expired > 0 then
      redis.call('HDEL', queue.events, unpack(expired))
      mark_removed(queue, expired)
      add_count(queue, EXPIRED, #expired)
    end
    for _, state in ipairs(wants) do
      if state.is_line_empty then
        state.blocked = 0
      end
    end
    work = work + #members * EVENT_WORK
    wants = next_wants
  end
  return total
end

-- Has new events, or delayed ones that are due, join their groups: sets their places in `fields`, which holds id and
-- value in turn, also of events without a group. Returns the fields of those that are ready, and what store_joined()
-- stores.
local function join(queue, fields, is_left)
  local keys, key_of, states, wants, ready, members = {}, {}, {}, {}, {}, {}
  for i = 2, #fields, 2 do
    if is_grouped(fields[i]) then
      local _, key = place_of(fields[i])
      keys[#keys + 1], key_of[i] = key, key
    end
  end
  if #keys == 0 then
    return fields, nil
  end
  load(queue, keys, states)
  for _, state in pairs(states) do
    want_all(queue, state, wants)
  end
  let_in(queue, wants)
  local limit = policy_of(queue).group_limit
  for i = 2, #fields, 2 do
    local id, value, key, is_blocked = fields[i - 1], fields[i], key_of[i], false
    if key then
      local state = states[key]
      local number = is_left and state.left or state.right
      if is_left then
        state.left = number + 1
      else
        state.right = number - 1
      end
      fields[i] = with_place(value, number)
      is_blocked = state.held >= limit or state.blocked > 0
      if is_blocked then
        state.blocked = state.blocked + 1
        members[#members + 1] = 0
        members[#members + 1] = member_of(key, number, id)
      else
        state.held = state.held + 1
      end
    end
    if not is_blocked then
      ready[#ready + 1] = id
      ready[#ready + 1] = fields[i]
    end
  end
  return ready, { states = states, members = members }
end

-- Stores what join() returned. Call this directly before storing the events.
local function store_joined(queue, new)
  if new then
    if #new.members > 0 then
      redis.call('ZADD', queue.blocked, unpack(new.members))
    end
    save(queue, new.states)
  end
end

-- Returns quickly whether any of some events may have a group. Usually none has.
local function may_be_grouped(ids, values)
  for i = 1, #ids do
    local value = values[i]
    if value and byte(value, FLAGS) >= GROUPED then
      return true
    end
  end
  return false
end

-- Has events leave their groups, whose next ones become ready. Call this directly before removing the events; those
-- that are blocked this removes. `leased[i]` says whether an event is leased. Returns which ones were blocked, by id,
-- and how many became ready.
local NONE = {}
local function leave(queue, ids, values, leased)
  if not may_be_grouped(ids, values) then
    return NONE, 0
  end
  local events, keys, members, is_blocked, seen = {}, {}, {}, {}, {}
  for i = 1, #ids do
    local id = ids[i]
    local key, number = joined(values[i])
    if key and not seen[id] then
      seen[id] = true
      local member = not leased[i] and member_of(key, number, id)
      events[#events + 1] = { id = id, member = member }
      keys[#keys + 1] = key
      members[#members + 1] = member or nil
    end
  end
  if #events == 0 then
    return is_blocked, 0
  end
  check_removal(queue)
  local states, wants, removed, removed_ids, checked = {}, {}, {}, {}, 0
  load(queue, keys, states)
  local scores = #members > 0 and redis.call('ZMSCORE', queue.blocked, unpack(members))
  for i, event in ipairs(events) do
    local state = states[keys[i]]
    checked = checked + (event.member and 1 or 0)
    if event.member and scores[checked] then
      is_blocked[event.id] = true
      removed[#removed + 1] = event.member
      removed_ids[#removed] = event.id
      state.blocked = math.max(0, state.blocked - 1)
    else
      state.held = math.max(0, state.held - 1)
      state.out = math.min(math.max(0, state.out - (event.member and 0 or 1)), state.held)
      want_next(queue, state, wants)
    end
  end
  if #removed > 0 then
    redis.call('HDEL', queue.events, unpack(removed_ids))
    redis.call('ZREM', queue.blocked, unpack(removed))
  end
  local number = let_in(queue, wants)
  save(queue, states)
  return is_blocked, number
end

-- Returns the values of events if the queue has groups, otherwise nil.
local function values_if_any(queue, ids)
  return redis.call('EXISTS', queue.groups) == 1 and redis.call('HMGET', queue.events, unpack(ids)) or nil
end

-- Adds to `states` those of the groups of events. Returns their keys by position.
local function load_of(queue, values, states)
  local keys, key_of = {}, {}
  for i = 1, #values do
    local key = joined(values[i])
    if key then
      keys[#keys + 1], key_of[i] = key, key
    end
  end
  load(queue, keys, states)
  return key_of
end

-- Counts an event of a group as leased, or returns false: as many are, because the limit was lowered.
local function lease(queue, state)
  if state.out >= policy_of(queue).group_limit then
    return false
  end
  state.out = state.out + 1
  return true
end

-- Saves what lease() counted; blocks ready events again that it refused. `fields` holds their ids and values in turn.
-- Call this directly before taking them from the ready list. Returns how many others became ready.
local function store_leased(queue, states, fields)
  local members, wants = {}, {}
  for i = 1, #fields, 2 do
    local key, number = joined(fields[i + 1])
    local state = states[key]
    members[#members + 1] = 0
    members[#members + 1] = member_of(key, number, fields[i])
    state.held, state.blocked = math.max(0, state.held - 1), state.blocked + 1
    state.out = math.min(state.out, state.held)
  end
  if #members > 0 then
    redis.call('ZADD', queue.blocked, unpack(members))
    for _, state in pairs(states) do
      want_next(queue, state, wants)
    end
  end
  local number = let_in(queue, wants)
  save(queue, states)
  return number
end

-- Counts leased events as leased no longer. Call this directly before ending their leases.
local function give_back(queue, values)
  local states = {}
  local keys = load_of(queue, values, states)
  for _, key in pairs(keys) do
    states[key].out = math.max(0, states[key].out - 1)
  end
  if next(keys) then
    save(queue, states)
  end
end

-- Returns whether an event that is neither leased nor delayed is blocked.
local function is_blocked(queue, id, value)
  local key, number = joined(value)
  return key and redis.call('ZSCORE', queue.blocked, member_of(key, number, id))
end

-- Returns the id of a blocked event by its member.
local function id_of(member)
  return member:sub(2 + struct.unpack('>I2', member) + PLACE_BYTES + 1)
end

-- Has events of some groups become ready after the limit was raised. Takes the position in `groups` and returns the
-- next one, or 0 at the end.
local WALKED = 100
local function walk(queue, position)
  local step = redis.call('HSCAN', queue.groups, ('%.17g'):format(position), 'COUNT', WALKED)
  local keys, states, wants = {}, {}, {}
  for i = 1, #step[2], 2 do
    keys[#keys + 1] = step[2][i]
  end
  load(queue, keys, states)
  for _, state in pairs(states) do
    want_all(queue, state, wants)
  end
  if #wants > 0 then
    let_in(queue, wants)
    save(queue, states)
  end
  work = work + #keys * EVENT_WORK
  return #wants >= MANY and position or tonumber(step[1])
end

modules.groups = {
  OUTSIDE = OUTSIDE,
  with_place = with_place,
  place_of = place_of,
  join = join,
  store_joined = store_joined,
  leave = leave,
  values_if_any = values_if_any,
  load_of = load_of,
  lease = lease,
  store_leased = store_leased,
  give_back = give_back,
  is_blocked = is_blocked,
  id_of = id_of,
  walk = walk,
}
