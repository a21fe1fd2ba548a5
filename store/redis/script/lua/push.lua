-- Adds events.

local LAST_FIXED_ARG, SIZE_BYTES = 8, 4

-- Returns size and token of contents if they are large, otherwise nil.
local function large_of(contents)
  return type(contents) == 'number' and ARGV[LAST_FIXED_ARG + contents] or nil
end

-- Returns what stands for large contents that did not come with the call.
local function add_large(contents)
  ARGV[#ARGV + 1] = contents
  return #ARGV - LAST_FIXED_ARG
end

local FLAG_BYTES = {
  [0] = '\0', '\1', '\2', '\3', '\4', '\5', '\6', '\7', '\8', '\9', '\10', '\11', '\12', '\13', '\14', '\15'
}

-- Returns a length as two bytes. Most are short and come again.
local SHORT, short_lengths = 256, {}
local function length_bytes(length)
  local bytes = short_lengths[length]
  if not bytes then
    bytes = struct.pack('>I2', length)
    if length < SHORT then
      short_lengths[length] = bytes
    end
  end
  return bytes
end

-- Returns the value of an event. `large` is what large_of() returns of its contents; `group` with its `place`, and
-- `meta`, the length of the meta before the contents, are absent for none.
local function new_value(stamp, contents, large, expires, group, place, meta)
  local flags = (expires and EXPIRES or 0) + (large and LARGE or 0) + (group and GROUPED or 0) + (meta and META or 0)
  local text = large and large:sub(1, SIZE_BYTES) or contents
  if flags == GROUPED then
    return stamp .. FLAG_BYTES[flags] .. place .. length_bytes(#group) .. group .. text
  end
  return stamp
    .. FLAG_BYTES[flags]
    .. (expires and struct.pack('>I6', expires) or '')
    .. (group and place .. length_bytes(#group) .. group or '')
    .. (meta and length_bytes(meta) or '')
    .. text
end

-- Deletes the contents of an event that is refused. Refuses one whose contents are not there.
local function refuse_contents(queue, contents, refusal)
  if refusal then
    modules.contents.delete(queue, contents)
  elseif not modules.contents.exist(queue, contents) then
    refusal = { 'MISSING' }
  end
  return refusal
end

-- Returns quickly whether events are all new and small, and no id comes twice. Usually they are.
local function are_plainly_new(ids, large, known, remembered)
  if next(large) then
    return false
  end
  local seen = {}
  for i = 1, #ids do
    local id = ids[i]
    if known[i] or seen[id] or remembered[i] then
      return false
    end
    seen[id] = true
  end
  return true
end

-- Chooses the new ones of the pushed events while there is room; of several with one id the first. Returns their
-- positions, and adds a result for each event. `large` holds size and token of contents by position, `known` what is
-- stored, `remembered` what is done.
local function choose_new(queue, ids, large, known, remembered)
  local room = queue.policy.max_length > 0 and modules.queue.room_in(queue) or math.huge
  local chosen, seen, count = {}, {}, 0
  if room == math.huge and are_plainly_new(ids, large, known, remembered) then
    for i = 1, #ids do
      chosen[i] = i
      results[result_count + i] = 1
    end
    result_count = result_count + #ids
    return chosen
  end
  for i = 1, #ids do
    local id, value = ids[i], known[i]
    if value and not seen[id] and expire_if_due(queue, id, value) then
      value, room = false, room + 1
    end
    local refusal = (value or seen[id] or remembered[i]) and 0 or count >= room and { 'FULL' }
    if large[i] then
      refusal = refuse_contents(queue, large[i], refusal)
    end
    if refusal then
      add_result(refusal)
    else
      seen[id] = true
      count = count + 1
      chosen[count] = i
      add_result(1)
    end
  end
  return chosen
end

-- Stores events that are new. Returns false if an id came twice.
local function store(list_push, queue, ids, fields, large)
  local entries = queue.policy.tombstones > 0 and modules.ready_list.entries_for(queue, fields) or ids
  local length = redis.call(list_push, queue.ready, unpack(entries))
  if length == #ids then
    redis.call('SADD', queue.active, name_of(queue))
  end
  if next(large) then
    purge_removed(queue)
    for i, contents in pairs(large) do
      modules.contents.keep(queue, ids[i], contents)
    end
  end
  return redis.call('HSET', queue.events, unpack(fields)) == #ids
end

-- Undoes store().
local function take_back(list_push, queue, ids)
  local first, last = #ids, -1
  if list_push == 'RPUSH' then
    first, last = 0, -#ids - 1
  end
  redis.call('HDEL', queue.events, unpack(ids))
  redis.call('LTRIM', queue.ready, first, last)
end

-- Returns the new ones of pushed events, as choose_new() does, with their fields and large contents.
local function new_ones(queue, ids, fields, large, known, remembered)
  local new_ids, new_fields, new_large = {}, {}, {}
  for count, i in ipairs(choose_new(queue, ids, large, known, remembered)) do
    new_ids[count], new_large[count] = ids[i], large[i]
    new_fields[2 * count - 1], new_fields[2 * count] = ids[i], fields[2 * i]
  end
  return new_ids, new_fields, new_large
end

-- push_left, push_right
--   arguments  id, contents
--   result     1; 0 if the queue already holds or remembers the id; the error FULL if the queue has its maximum length,
--              or MISSING if its large contents are not there
--
-- Usually all events are new and small, and no id comes twice, as HSET shows.
local function push(list_push, queue, n, args, first)
  local ids, fields, large, any_special = {}, {}, {}, false
  local stamp = new_stamp()
  local header, batch_has_large = stamp .. '\0', #ARGV > LAST_FIXED_ARG
  for i = 1, n do
    local id, contents = args[first + 2 * i - 2], args[first + 2 * i - 1]
    ids[i], fields[2 * i - 1] = id, id
    if batch_has_large and type(contents) == 'number' then
      large[i] = large_of(contents)
      fields[2 * i] = new_value(stamp, contents, large[i])
      any_special = true
    else
      fields[2 * i] = header .. contents
    end
  end
  local known = values_of(queue, ids)
  local remembered = modules.acknowledge.are_remembered(queue, ids)
  for i = 1, n do
    any_special = any_special or known[i] or remembered[i]
  end
  if any_special or queue.policy.max_length > 0 then
    ids, fields, large = new_ones(queue, ids, fields, large, known, remembered)
    if #ids > 0 then
      store(list_push, queue, ids, fields, large)
    end
  elseif store(list_push, queue, ids, fields, large) then
    for i = 1, n do
      results[result_count + i] = 1
    end
    result_count = result_count + n
  else
    take_back(list_push, queue, ids)
    ids, fields, large = new_ones(queue, ids, fields, large, known, remembered)
    store(list_push, queue, ids, fields, large)
  end
  if #ids > 0 then
    queue.became_ready = queue.became_ready + #ids
    add_count(queue, PUSHED, #ids)
  end
end

-- Stores `timed`, entries of `later` of which the first is due at `first_due`, and when events expire.
local function store_times(queue, ids, expires, timed, first_due)
  for i = 1, #ids do
    if expires[i] then
      first_due = math.min(first_due, expires[i])
      timed[#timed + 1], timed[#timed + 2] = expires[i], EXPIRE .. ids[i]
    end
  end
  if #timed > 0 then
    check_by(queue, first_due)
    redis.call('ZADD', queue.later, unpack(timed))
  end
end

-- Makes new events ready, as far as their groups allow it. `keys` holds the keys of these by position, false for none.
-- Returns the places of the events, and what store_joined() stores.
local function make_ready(list_push, queue, ids, keys, stamp)
  local groups = modules.groups
  local places, joined = groups.join(queue, ids, keys, list_push == 'LPUSH')
  local ready = {}
  for i = 1, #ids do
    if not places[i] or places[i] == groups.AT_ONCE then
      ready[#ready + 1] = ids[i]
      ready[#ready + 1] = stamp
    end
  end
  if #ready > 0 then
    redis.call(list_push, queue.ready, unpack(modules.ready_list.entries_for(queue, ready)))
    queue.became_ready = queue.became_ready + #ready / 2
  end
  return places, joined
end

-- push_left_options, push_right_options
--   arguments  id, contents, time to live (ms) or 0, key of the group or empty, length of meta before contents or -1
--   parameter  delay (ms) or 0
--   result     as of push_left
local OPTION_ARGS = 5
local function push_options(list_push, entry_kind, queue, n, delay, args, first)
  local all_ids, all_large = {}, {}
  local stamp = new_stamp()
  for i = 1, n do
    local at = first + OPTION_ARGS * (i - 1)
    all_ids[i], all_large[i] = args[at], large_of(args[at + 1])
  end
  local known = values_of(queue, all_ids)
  local chosen = choose_new(queue, all_ids, all_large, known, modules.acknowledge.are_remembered(queue, all_ids))
  if #chosen == 0 then
    return
  end
  purge_removed(queue)
  local ids, keys, expires, timed, first_due = {}, {}, {}, {}, math.huge
  for i = 1, #chosen do
    local at = first + OPTION_ARGS * (chosen[i] - 1)
    local ttl, key = args[at + 2], args[at + 3]
    ids[i], keys[i] = args[at], key ~= '' and key
    expires[i] = ttl > 0 and now + ttl
  end
  local places, joined = {}, nil
  if delay > 0 then
    first_due = now_us / 1000 + delay
    for i = 1, #ids do
      -- Slightly different times within a run, so that events become ready in the order of their pushes.
      timed[2 * i - 1], timed[2 * i] = ('%.17g'):format(first_due + (i - 1) / 4096), entry_kind .. ids[i]
    end
  else
    places, joined = make_ready(list_push, queue, ids, keys, stamp)
  end
  store_times(queue, ids, expires, timed, first_due)
  redis.call('SADD', queue.active, name_of(queue))
  local fields = {}
  for i = 1, #ids do
    local at, large = first + OPTION_ARGS * (chosen[i] - 1), all_large[chosen[i]]
    local place, meta = places[i] or modules.groups.NOT_JOINED, args[at + 4]
    if large then
      modules.contents.keep(queue, ids[i], large)
    end
    fields[2 * i - 1] = ids[i]
    fields[2 * i] = new_value(stamp, args[at + 1], large, expires[i], keys[i], place, meta >= 0 and meta)
  end
  modules.groups.store_joined(queue, joined)
  redis.call('HSET', queue.events, unpack(fields))
  add_count(queue, PUSHED, #ids)
  work = work + #ids * EVENT_WORK
end

-- Returns why not all of some events can be added, or nil: the id of the first that is held or comes twice,
-- or an error. `events` holds ids and contents in turn.
local function refusal_of_all(queue, events)
  local ids, seen, any_missing = {}, {}, false
  for i = 1, #events, 2 do
    ids[#ids + 1] = events[i]
  end
  local known = values_of(queue, ids)
  local remembered = modules.acknowledge.are_remembered(queue, ids)
  for i, id in ipairs(ids) do
    if seen[id] or remembered[i] or known[i] and not expire_if_due(queue, id, known[i]) then
      return id
    end
    seen[id] = true
    local contents = events[2 * i]
    if type(contents) == 'number' then
      any_missing = any_missing or not modules.contents.exist(queue, ARGV[LAST_FIXED_ARG + contents])
    end
  end
  return modules.queue.room_in(queue) < #ids and { 'FULL' } or any_missing and { 'MISSING' } or nil
end

-- push_all_left, push_all_right: all events, or none
--   arguments  time to live (ms) or 0, ids and contents in turn, key of the group or empty, length of meta before
--              contents or -1
--   parameter  delay (ms) or 0
--   result     false; the id of the first event that is a duplicate; or an error, as of push_left
local function push_all(list_push, entry_kind, queue, n, delay, args, first)
  for i = first, first + 4 * n - 4, 4 do
    if work >= MAX_WORK then
      return (i - first) / 4
    end
    local ttl, events, group, meta = unpack(args, i, i + 3)
    local count = #events / 2
    local refusal = refusal_of_all(queue, events)
    if refusal then
      for j = 2, #events, 2 do
        if type(events[j]) == 'number' then
          modules.contents.delete(queue, ARGV[LAST_FIXED_ARG + events[j]])
        end
      end
    else
      local results_before = result_count
      if ttl + delay == 0 and group == '' and meta < 0 then
        push(list_push, queue, count, events, 1)
      else
        local push_args = {}
        for j = 1, #events, 2 do
          for _, argument in ipairs({ events[j], events[j + 1], ttl, group, meta }) do
            push_args[#push_args + 1] = argument
          end
        end
        push_options(list_push, entry_kind, queue, count, delay, push_args, 1)
      end
      for j = result_count, results_before + 1, -1 do
        results[j] = nil
      end
      result_count = results_before
    end
    work = work + count * EVENT_WORK
    add_result(refusal or false)
  end
end

modules.push = {
  large_of = large_of,
  add_large = add_large,
  refuse_contents = refuse_contents,
  push_options = push_options,
}

operations.push_left = function(queue, n, _, args, first)
  push('LPUSH', queue, n, args, first)
end
operations.push_right = function(queue, n, _, args, first)
  push('RPUSH', queue, n, args, first)
end
operations.push_left_options = function(queue, n, delay, args, first)
  return push_options('LPUSH', ENTER_LEFT, queue, n, delay, args, first)
end
operations.push_right_options = function(queue, n, delay, args, first)
  return push_options('RPUSH', ENTER_RIGHT, queue, n, delay, args, first)
end
operations.push_all_left = function(queue, n, delay, args, first)
  return push_all('LPUSH', ENTER_LEFT, queue, n, delay, args, first)
end
operations.push_all_right = function(queue, n, delay, args, first)
  return push_all('RPUSH', ENTER_RIGHT, queue, n, delay, args, first)
end
