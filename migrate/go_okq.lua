-- Reads and removes events of one queue of the okq written in Go.
--
-- KEYS        ready, claimed, items, moving: see go_keys.ts
-- ARGV[1..3]  the expected lengths of the first three
-- ARGV[4]     the operation; then its arguments
-- Reply: nil, with nothing done, if a length differs; else the three lengths afterwards, and the result

local READY, CLAIMED, ITEMS, MOVING = 1, 2, 3, 4

local function lengths()
  return { redis.call('LLEN', KEYS[READY]), redis.call('LLEN', KEYS[CLAIMED]), redis.call('HLEN', KEYS[ITEMS]) }
end

-- Arguments: max bytes, ids
-- Result: for as many ids as fit into max bytes of contents, at least one: the contents or nil, and 1 if the id is in
-- MOVING already, because an earlier batch was not completed
local function read_events(max_bytes, ...)
  local found, bytes = {}, 0
  for i = 1, select('#', ...) do
    local id = select(i, ...)
    bytes = bytes + redis.call('HSTRLEN', KEYS[ITEMS], id)
    if i > 1 and bytes > tonumber(max_bytes) then break end
    local contents = redis.call('HGET', KEYS[ITEMS], id)
    local added = contents and redis.call('SADD', KEYS[MOVING], id)
    found[i] = { contents, added == 0 and 1 or 0 }
  end
  return found
end

-- Arguments: the list of the events (READY, CLAIMED, or 0 for none), then ids after a letter: `m` moved, `k` kept, `x`
-- without contents
-- Result: the number of moved events removed, and 1 if an id was no longer in the list
local function complete(list, ...)
  local moved, missing = 0, 0
  for i = 1, select('#', ...) do
    local argument = select(i, ...)
    local outcome, id = argument:sub(1, 1), argument:sub(2)
    redis.call('SREM', KEYS[MOVING], id)
    if outcome ~= 'k' then
      -- From the right: the id is at that end, or next to the few that are kept.
      if list ~= '0' and redis.call('LREM', KEYS[tonumber(list)], -1, id) == 0 then missing = 1 end
      if outcome == 'm' then moved = moved + redis.call('HDEL', KEYS[ITEMS], id) end
    end
  end
  return { moved, missing }
end

local before = lengths()
for i = 1, 3 do
  if before[i] ~= tonumber(ARGV[i]) then return nil end
end
local operations = { read = read_events, complete = complete }
local result = operations[ARGV[4]](unpack(ARGV, 5))
return { lengths(), result }
