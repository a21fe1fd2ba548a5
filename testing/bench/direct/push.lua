-- The push of okq's script for one event: what a client without okq would call on Redis.
--
-- KEYS     ready list, events hash, set of active queues, channel
-- ARGV     id, contents
-- returns  1, or 0 if the queue holds the id already

local time = redis.call('TIME')
local arrival = struct.pack('>I6', time[1] * 1000 + math.floor(time[2] / 1000))
if redis.call('HSETNX', KEYS[2], ARGV[1], arrival .. ARGV[2]) == 0 then
  return 0
end
if redis.call('LPUSH', KEYS[1], ARGV[1]) == 1 then
  redis.call('SADD', KEYS[3], KEYS[1])
end
redis.call('PUBLISH', KEYS[4], 1)
return 1
