-- The least that a push of a queue on Redis does: refuse a known id, store the contents, tell consumers.
--
-- KEYS     ready list, events hash, channel
-- ARGV     id, contents
-- returns  1, or 0 if the queue holds the id already

if redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[2]) == 0 then
  return 0
end
redis.call('LPUSH', KEYS[1], ARGV[1])
redis.call('PUBLISH', KEYS[3], 1)
return 1
