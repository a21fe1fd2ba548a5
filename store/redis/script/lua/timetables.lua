-- Keeps timetables, and pushes their events.
--
-- A timetable is a field of `timetables` and a member of `schedule`, which gives its next time (ms): the length of the
-- queue's name (2 bytes), that name, and its own name. Its record in `timetables`:
--
--     6 bytes  when its last event was pushed (ms); 0 if none was
--     2 bytes  length of its rule, which follows: the time zone, a space, and the cron expression
--     2 bytes  length of the group's key, which follows; 0 without a group
--     2 bytes  length of the meta before its contents and 1; 0 without meta
--     4 bytes  size of large contents, meta included; 0 if they are small
--     …        meta and small contents, or the token of large contents, as contents.lua describes it
local TIMETABLE = '>I6I2c0I2c0I2I4'
local MAX_TIMETABLES = 1000

local function timetable_field(queue, name)
  local queue_name = name_of(queue)
  return struct.pack('>I2', #queue_name) .. queue_name .. name
end

local function read_timetable(queue, field)
  local record = redis.call('HGET', queue.timetables, field)
  if record then
    local last, rule, group, meta, size, at = struct.unpack(TIMETABLE, record)
    local text = record:sub(at)
    return {
      record = record,
      last = last,
      rule = rule,
      group = group,
      meta = meta - 1,
      size = size,
      text = text,
      large = size > 0 and struct.pack('>I4', size) .. text,
    }
  end
end

local function write_timetable(queue, field, timetable)
  local rule, group, meta = timetable.rule, timetable.group, timetable.meta + 1
  local head = struct.pack(TIMETABLE, timetable.last, #rule, rule, #group, group, meta, timetable.size)
  redis.call('HSET', queue.timetables, field, head .. timetable.text)
end

-- set_timetable: adds a timetable, or replaces the one of that name; if that has the same rule, its times stay
--   arguments  name, contents, rule, key of the group or empty, length of meta before contents or -1, next time and
--              last time or 0 (ms)
--   result     1; 0 if the queue has its maximum of others; or the error MISSING, as of push_left
local SET_TIMETABLE_ARGS = 7
local function set_timetable(queue, n, _, args, first)
  for i = first, first + SET_TIMETABLE_ARGS * (n - 1), SET_TIMETABLE_ARGS do
    if work >= MAX_WORK then
      return (i - first) / SET_TIMETABLE_ARGS
    end
    local name, contents, rule, group, meta, next_time, last = unpack(args, i, i + SET_TIMETABLE_ARGS - 1)
    local field, large = timetable_field(queue, name), modules.push.large_of(contents)
    local known, count = read_timetable(queue, field), policy_of(queue).timetables
    local refusal = not known and count >= MAX_TIMETABLES and 0 or nil
    if large then
      refusal = modules.push.refuse_contents(queue, large, refusal)
    end
    if not refusal then
      local keeps_times = known and known.rule == rule
      local size, text = 0, contents
      if large then
        size, text = struct.unpack('>I4', large), large:sub(5)
        modules.contents.persist(queue, large)
      end
      last = keeps_times and known.last or last
      write_timetable(queue, field, { last = last, rule = rule, group = group, meta = meta, size = size, text = text })
      if not keeps_times then
        redis.call('ZADD', queue.schedule, next_time, field)
      end
      if not known then
        modules.queue.update(queue, { timetables = count + 1 })
      elseif known.large then
        modules.contents.delete(queue, known.large)
      end
    end
    work = work + EVENT_WORK
    add_result(refusal or 1)
  end
end

-- delete_timetable
--   arguments  name
--   result     1; 0 if there is none of that name
local function delete_timetable(queue, n, _, args, first)
  for i = first, first + n - 1 do
    local field = timetable_field(queue, args[i])
    local known = read_timetable(queue, field)
    if known then
      allow_writes(queue)
      redis.call('ZREM', queue.schedule, field)
      redis.call('HDEL', queue.timetables, field)
      if known.large then
        modules.contents.delete(queue, known.large)
      end
      modules.queue.update(queue, { timetables = policy_of(queue).timetables - 1 })
    end
    add_result(known and 1 or 0)
  end
end

-- timetable
--   arguments  name
--   result     the record or false, next time (ms), and the key of large contents or false
local function get_timetable(queue, n, _, args, first)
  for i = first, first + n - 1 do
    local field = timetable_field(queue, args[i])
    local known = read_timetable(queue, field)
    add_result(known and known.record or false)
    add_result(tonumber(redis.call('ZSCORE', queue.schedule, field) or 0))
    add_result(known and known.large and modules.contents.key(queue, known.large) or false)
  end
end

-- Pushes the event of a timetable on the left. Returns the result of push_left_options.
local function push_event(queue, id, timetable)
  local contents = timetable.text
  if timetable.large then
    local copied = modules.contents.copy(queue, timetable.large)
    if not copied then
      return { 'MISSING' }
    end
    contents = modules.push.add_large(copied)
  end
  local args = { id, contents, 0, timetable.group, timetable.meta }
  modules.push.push_options('LPUSH', ENTER_LEFT, queue, 1, 0, args, 1)
  local result = results[result_count]
  results[result_count] = nil
  result_count = result_count - 1
  return result
end

-- fire_timetable: pushes the event of a timetable and sets its next time
--   arguments  name, time that is due (ms), id of the event, next time (ms)
--   result     0 if the id is a duplicate, 1 if the event was pushed, 2 if the queue is full; 3 if the time that is due
--              is not the next: nothing was done; or the error MISSING, if its large contents are not there
local NOT_DUE, QUEUE_FULL = 3, 2
local function fire_timetable(queue, n, _, args, first)
  for i = first, first + 4 * n - 4, 4 do
    if work >= MAX_WORK then
      return (i - first) / 4
    end
    local field = timetable_field(queue, args[i])
    local is_due = tonumber(redis.call('ZSCORE', queue.schedule, field) or -1) == args[i + 1]
    local known, result = is_due and read_timetable(queue, field), NOT_DUE
    if known then
      result = push_event(queue, args[i + 2], known)
      if type(result) == 'table' and result[1] == 'FULL' then
        result = QUEUE_FULL
      end
      if type(result) == 'number' then
        redis.call('ZADD', queue.schedule, args[i + 3], field)
      end
      if result == 1 then
        known.last = now
        write_timetable(queue, field, known)
      end
    end
    add_result(result)
  end
end

operations.set_timetable = set_timetable
operations.delete_timetable = delete_timetable
operations.timetable = get_timetable
operations.fire_timetable = fire_timetable
