-- Reads names of active queues, in steps of less than a millisecond.
--
-- KEYS     the sets of active queues of some partitions
-- ARGV[1]  index of the set to go on with, from 1
-- ARGV[2]  cursor of SSCAN in that set
-- ARGV[3]  number of names after which to stop; SSCAN may exceed it by as many
-- returns  index and cursor to go on with, the index 0 after the last set; the names, some of them perhaps again

local index, cursor, limit = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local names = {}

-- With few queues most sets are absent, and one EXISTS tells it of many.
local GROUP = 16

while index <= #KEYS and #names < limit do
  local group_end = math.min(index + GROUP - 1, #KEYS)
  if index % GROUP == 1 and cursor == '0' and redis.call('EXISTS', unpack(KEYS, index, group_end)) == 0 then
    index = group_end + 1
  else
    local step = redis.call('SSCAN', KEYS[index], cursor, 'COUNT', limit)
    cursor = step[1]
    for _, name in ipairs(step[2]) do
      names[#names + 1] = name
    end
    if cursor == '0' then
      index = index + 1
    end
  end
end
return { index <= #KEYS and index or 0, cursor, names }
