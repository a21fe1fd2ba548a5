-- Finds the queues that the reclaimer has to check: something is due there, or an okq instance did not register again.
--
-- KEYS     the timers of some partitions
-- ARGV[1]  maximum number of queues
-- returns  the time (ms); how long ago the first of them was due (ms), 0 if none is; their names, in the order of times

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local due = {}
for _, timers in ipairs(KEYS) do
  local found = redis.call('ZRANGE', timers, '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[1], 'WITHSCORES')
  for i = 1, #found, 2 do
    due[#due + 1] = { name = found[i], at = tonumber(found[i + 1]) }
  end
end
table.sort(due, function(a, b)
  return a.at < b.at
end)

local reply = { now, due[1] and math.floor(now - due[1].at) or 0 }
for i = 1, math.min(#due, ARGV[1]) do
  reply[i + 2] = due[i].name
end
return reply
