-- What list tells of an event: id, deliveries so far, age (ms), bytes of contents, in how many ms its lease or delay
-- ends. Takes what `events` and `failed` hold of it.
local function answer_info(id, value, failed, under_way, due)
  answer(id)
  answer((failed and struct.unpack('>I2', failed) or 0) + under_way)
  answer(age_of(value))
  answer(#contents_of(value))
  answer(math.max(0, math.floor(due - microseconds / 1000)))
end

-- A part of a list ends behind so many bytes of contents: Redis goes through them to find their age and size.
local BYTES_SHOWN = 4194304

-- Where an event stands now, from the right, that stood at `place`; 0 if it is not ready. Most have hardly moved; to
-- find one that has, Redis goes through the list.
local NEAR = 1000
local function place_of(queue, id, place, length)
  if redis.call('ZSCORE', queue.leases, id) then
    return 0
  end
  local first = math.max(1, place - NEAR)
  local near = redis.call('LRANGE', queue.ready, -(place + NEAR), -first)
  for j = #near, 1, -1 do
    if near[j] == id then
      return first + #near - j
    end
  end
  local from_left = redis.call('LPOS', queue.ready, id, 'RANK', -1)
  return from_left and length - from_left or 0
end

-- list_ready: of the event shown last its id, birth and place from the right, or two times nothing and 0; parameter
-- how many; returns the number of events, of each what answer_info() says, then the last one's birth and place, and 1
-- if there are more
--
-- What has come or gone on either side since then is no matter while the event shown last is there: those not yet
-- shown are on its left. If it is gone, it was taken, and all those on its right were taken before; or it was removed,
-- and some are shown again.
local function list_ready(queue, n, count, ops, first)
  tidy(queue)
  for i = first, first + 3 * n - 3, 3 do
    local id, born, place = ops[i], ops[i + 1], ops[i + 2]
    local length = redis.call('LLEN', queue.ready)
    local value = id ~= '' and redis.call('HGET', queue.events, id)
    if not value or value:sub(1, BIRTH) ~= born then
      place = 0
    else
      place = place_of(queue, id, place, length)
    end
    local ids = redis.call('LRANGE', queue.ready, -(place + count), -(place + 1))
    local failed = #ids > 0 and redis.call('HMGET', queue.failed, unpack(ids))
    local mark, shown, bytes = size + 1, 0, 0
    size = mark
    for j = #ids, 1, -1 do
      value = redis.call('HGET', queue.events, ids[j])
      answer_info(ids[j], value, failed[j], 0, now)
      shown, bytes, born = shown + 1, bytes + #value, value:sub(1, BIRTH)
      if bytes > BYTES_SHOWN then
        break
      end
    end
    out[mark] = shown
    answer(born)
    answer(place + shown)
    answer(place + shown < length and 1 or 0)
  end
end

-- list_processing, list_delayed: cursor of ZSCAN, parameter about how many; returns the next cursor, how many events,
-- and of each what answer_info() says
local function list_scanned(times, kinds, under_way)
  return function(queue, n, count, ops, first)
    tidy(queue)
    for i = first, first + n - 1 do
      local step = redis.call('ZSCAN', queue[times], ops[i], 'COUNT', count)
      answer(step[1])
      local mark, shown = size + 1, 0
      size = mark
      for j = 1, #step[2], 2 do
        local id = step[2][j]:match(kinds)
        if id then
          local value, failed = redis.call('HGET', queue.events, id), redis.call('HGET', queue.failed, id)
          answer_info(id, value, failed, under_way, tonumber(step[2][j + 1]))
          shown = shown + 1
        end
      end
      out[mark] = shown
    end
  end
end

-- get: id; returns false, or what answer_info() says, then its state (0 ready, 1 being processed, 2 delayed), 1 if its
-- time will be up and in how many ms, why its last delivery failed, and contents behind their head
local function get(queue, n, _, ops, first)
  tidy(queue)
  for i = first, first + n - 1 do
    local id = ops[i]
    local value = redis.call('HGET', queue.events, id)
    if value then
      local failed = redis.call('HGET', queue.failed, id)
      local leased = redis.call('ZSCORE', queue.leases, id)
      local delays = redis.call('ZMSCORE', queue.later, ENTER_LEFT .. id, ENTER_RIGHT .. id)
      local due = leased or delays[1] or delays[2]
      local ends = byte(value, KIND) ~= 0
      answer_info(id, value, failed, leased and 1 or 0, due and tonumber(due) or now)
      answer(leased and 1 or due and 2 or 0)
      answer(ends and 1 or 0)
      answer(ends and math.max(0, struct.unpack('>I6', value, KIND + 1) - now) or 0)
      answer(failed and failed:sub(3) or '')
      answer(value)
    else
      answer(false)
    end
  end
end
