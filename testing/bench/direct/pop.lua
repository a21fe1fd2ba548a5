-- The pop of okq's script for one event: what a client without okq would call on Redis.
--
-- KEYS     ready list, events hash, leases, timers
-- ARGV     lease in ms
-- returns  id and contents, or nil

local id = redis.call('RPOP', KEYS[1])
if not id then
  return false
end
local time = redis.call('TIME')
local deadline = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
redis.call('ZADD', KEYS[3], deadline, id)
redis.call('ZADD', KEYS[4], 'LT', deadline, KEYS[1])
return { id, redis.call('HGET', KEYS[2], id):sub(7) }
