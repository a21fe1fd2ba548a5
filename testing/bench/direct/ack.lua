-- The acknowledgement of okq's script for one event: what a client without okq would call on Redis.
--
-- KEYS     ready list, events hash, leases, timers, set of active queues
-- ARGV     id
-- returns  1, or 0 if the queue does not hold the event

local leased = redis.call('ZREM', KEYS[3], ARGV[1])
local held = redis.call('HDEL', KEYS[2], ARGV[1])
if held == 1 and leased == 0 then
  redis.call('LREM', KEYS[1], -1, ARGV[1])
end
if redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('SREM', KEYS[5], KEYS[1])
  redis.call('ZREM', KEYS[4], KEYS[1])
end
return held
