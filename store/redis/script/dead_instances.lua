-- Finds okq instances that are dead, for one okq to remove their consumers. script/lua/queue.lua describes the entries.
--
-- KEYS[1]  the instances
-- ARGV[1]  time (us) after which another okq takes over from one that has not finished
-- returns  names of the instances that the caller has to remove

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local dead = {}
local found = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'WITHSCORES')
for i = 1, #found, 2 do
  if tonumber(found[i + 1]) > ARGV[1] - now then
    redis.call('ZADD', KEYS[1], -now, found[i])
    dead[#dead + 1] = found[i]
  end
end
return dead
