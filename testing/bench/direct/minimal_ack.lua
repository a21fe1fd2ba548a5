-- The least that an acknowledgement does on Redis: end the lease, and remove the event.
--
-- KEYS     events hash, leases
-- ARGV     id
-- returns  1, or 0 if the queue does not hold the event

redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('HDEL', KEYS[1], ARGV[1])
