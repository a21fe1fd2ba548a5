-- The least that a pop with a lease does on Redis: take an event, and note when its lease ends.
--
-- KEYS     ready list, events hash, leases
-- ARGV     end of the lease
-- returns  id and contents, or nil

local id = redis.call('RPOP', KEYS[1])
if not id then
  return false
end
local contents = redis.call('HGET', KEYS[2], id)
redis.call('ZADD', KEYS[3], ARGV[1], id)
return { id, contents }
