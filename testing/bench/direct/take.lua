-- The pop without a lease of okq's script for one event: what a client without okq would call on Redis.
--
-- KEYS     ready list, events hash, set of active queues
-- returns  id and contents, or nil

local id = redis.call('RPOP', KEYS[1])
if not id then
  return false
end
local contents = redis.call('HGET', KEYS[2], id):sub(7)
redis.call('HDEL', KEYS[2], id)
if redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('SREM', KEYS[3], KEYS[1])
end
return { id, contents }
