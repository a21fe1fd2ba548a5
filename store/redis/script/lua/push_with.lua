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
        answer({ 'FULL' })
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
        tally(queue, PUSHED, 1)
        answer(1)
      end
    end
  end
end
