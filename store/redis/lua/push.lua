-- The error of a push into a queue that holds as many events as its policy allows.
local FULL = { 'FULL' }

-- push: id, contents; returns 1, or 0 if the queue holds the id already
local function push(list_push)
  return function(queue, n, _, ops, first)
    local ids = {}
    for i = 1, n do
      ids[i] = ops[first + 2 * i - 2]
    end
    local held, room = held_of(queue, ids), math.huge
    if queue.policy.max_length > 0 then
      room = room_in(queue)
    end
    local fresh, count, fields, seen = {}, 0, {}, {}
    local head = birth() .. '\0'
    for i = 1, n do
      local id = ids[i]
      local over = held[i] and not seen[id] and drop_if_over(queue, id, held[i])
      if over then
        room = room + 1
      end
      if seen[id] or (held[i] and not over) then
        out[size + i] = 0
      elseif count >= room then
        out[size + i] = FULL
      else
        seen[id] = true
        count = count + 1
        fresh[count] = id
        fields[2 * count - 1] = id
        fields[2 * count] = head .. ops[first + 2 * i - 1]
        out[size + i] = 1
      end
    end
    size = size + n
    if count > 0 then
      local length = redis.call(list_push, queue.ready, unpack(fresh))
      redis.call('HSET', queue.events, unpack(fields))
      if length == count then
        redis.call('SADD', queue.active, name_of(queue.ready))
      end
      queue.woke = queue.woke + count
      queue.pushed = queue.pushed + count
    end
  end
end

-- push_with: id, contents, after how many ms its time is up or 0, parameter delay in ms; returns like push
local function push_with(list_push, kind)
  return function(queue, n, delay, ops, first)
    tidy(queue)
    local head = birth()
    for i = first, first + 3 * n - 3, 3 do
      local id, ttl = ops[i], ops[i + 2]
      local held = redis.call('HGET', queue.events, id)
      if held and not drop_if_over(queue, id, held) then
        answer(0)
      elseif room_in(queue) <= 0 then
        answer(FULL)
      else
        tidy(queue)
        local value = head .. '\0' .. ops[i + 1]
        if ttl > 0 then
          value = head .. '\1' .. struct.pack('>I6', now + ttl) .. ops[i + 1]
          redis.call('ZADD', queue.later, now + ttl, EXPIRE .. id)
          look_by(queue, now + ttl)
        end
        redis.call('HSET', queue.events, id, value)
        if delay > 0 then
          -- Events with the same delay enter in the order of their pushes: they are a little apart.
          local due = microseconds / 1000 + delay + (i - first) / 3 / 4096
          redis.call('ZADD', queue.later, due, kind .. id)
          look_by(queue, due)
        else
          redis.call(list_push, queue.ready, id)
          queue.woke = queue.woke + 1
        end
        redis.call('SADD', queue.active, name_of(queue.ready))
        queue.pushed = queue.pushed + 1
        answer(1)
      end
    end
  end
end
