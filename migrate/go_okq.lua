-- Moves events out of the keys of the okq written in Go.
--
-- KEYS        ready, claimed, items and moving of one queue, as go_keys.ts describes them
-- ARGV[1..3]  the lengths of the first three, as they were last seen
-- ARGV[4]     what to do; further arguments and the result are noted above each
-- Reply: nil if the lengths are others, and then nothing is done; else the lengths afterwards, and the result

local READY, CLAIMED, ITEMS, MOVING = 1, 2, 3, 4

local function lengths()
  return { redis.call('LLEN', KEYS[READY]), redis.call('LLEN', KEYS[CLAIMED]), redis.call('HLEN', KEYS[ITEMS]) }
end

-- most bytes, ids: for the first of them, as many as have no more contents than that and one at least, the contents or
-- nil, and 1 if the id was taken before and not settled since
local function take(most, ...)
  local found, bytes = {}, 0
  for i = 1, select('#', ...) do
    local id = select(i, ...)
    bytes = bytes + redis.call('HSTRLEN', KEYS[ITEMS], id)
    if i > 1 and bytes > tonumber(most) then break end
    local contents = redis.call('HGET', KEYS[ITEMS], id)
    local new = contents and redis.call('SADD', KEYS[MOVING], id)
    found[i] = { contents, new == 0 and 1 or 0 }
  end
  return found
end

-- the list in which they are, 1 or 2, or 0 for none, then ids, each after `m` if it was moved, `v` if there was nothing
-- to move, or `s` if it stays: how many were moved, and 1 if one of them was not there any more
local function settle(list, ...)
  local moved, missing = 0, 0
  for i = 1, select('#', ...) do
    local argument = select(i, ...)
    local fate, id = argument:sub(1, 1), argument:sub(2)
    redis.call('SREM', KEYS[MOVING], id)
    if fate ~= 's' then
      -- It is at the right end, or behind the few that stay.
      if list ~= '0' and redis.call('LREM', KEYS[tonumber(list)], -1, id) == 0 then missing = 1 end
      if fate == 'm' then moved = moved + redis.call('HDEL', KEYS[ITEMS], id) end
    end
  end
  return { moved, missing }
end

local seen = lengths()
for i = 1, 3 do
  if seen[i] ~= tonumber(ARGV[i]) then return nil end
end
local does = { take = take, settle = settle }
local result = does[ARGV[4]](unpack(ARGV, 5))
return { lengths(), result }
