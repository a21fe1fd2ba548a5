-- Which queues are due to be looked at: a lease has ended there, or an instance has given no sign of life for too long.
--
-- KEYS     the timers of some partitions
-- ARGV[1]  how many queues to name for each partition at the most
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
