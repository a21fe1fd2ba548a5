-- Finds the queues that the reclaimer has to check: something is due there, or an okq instance did not register again.
--
-- KEYS     the timers of some partitions
-- ARGV[1]  maximum number of queues of each partition
-- returns  the names of the queues

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local due = {}
for _, timers in ipairs(KEYS) do
  for _, name in ipairs(redis.call('ZRANGE', timers, '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[1])) do
    due[#due + 1] = name
  end
end
return due
