-- Events are moved in one step until so many bytes of contents have been: Redis is held for milliseconds.
local BYTES_MOVED = 1048576

-- move: place of the destination, how many on the right to pass by, parameter how many to look at, at the most; returns
-- how many were moved, how many of those looked at stay because the destination holds their ids, and 1 if it may go on
--
-- Events are taken out of the ready list all at once: an empty id stands in their places until then.
local function move(source, n, most, ops, first)
  for i = first, first + 2 * n - 2, 2 do
    local destination, skip = queue_at(ops[i]), ops[i + 1]
    tidy(destination)
    local ids = redis.call('LRANGE', source.ready, -(skip + most), -(skip + 1))
    local room, bytes, stayed = room_in(destination), 0, 0
    local moved, over, emptied = {}, {}, 0
    for j = #ids, 1, -1 do
      local id = ids[j]
      local value = redis.call('HGET', source.events, id)
      local stays = false
      if not value or is_over(value) then
        over[#over + 1] = id
      elseif not is_free(destination, id) then
        stays = true
        stayed = stayed + 1
      elseif #moved >= room or bytes > BYTES_MOVED then
        break
      else
        tidy(destination)
        redis.call('HSET', destination.events, id, birth() .. value:sub(KIND))
        if byte(value, KIND) ~= 0 then
          local time_up = struct.unpack('>I6', value, KIND + 1)
          redis.call('ZADD', destination.later, time_up, EXPIRE .. id)
          look_by(destination, time_up)
        end
        moved[#moved + 1] = id
        bytes = bytes + #value
      end
      if not stays then
        emptied = emptied + 1
        redis.call('LSET', source.ready, -(skip + #ids - j + 1), '')
      end
    end
    if emptied > 0 then
      redis.call('LREM', source.ready, -emptied, '')
    end
    if #over > 0 then
      remove(source, over)
      tally(source, EXPIRED, #over)
    end
    if #moved > 0 then
      remove(source, moved)
      redis.call('LPUSH', destination.ready, unpack(moved))
      redis.call('SADD', destination.active, name_of(destination.ready))
      destination.woke = destination.woke + #moved
    end
    answer(#moved)
    answer(stayed)
    answer(#moved + stayed + #over > 0 and 1 or 0)
  end
end
