-- Writes records of one queue, unless another process has written some meanwhile.
--
-- KEYS     the hash `loading`, then the keys of the commands
-- ARGV[1]  name of the queue
-- ARGV[2]  what `loading` holds of it before, or empty
-- ARGV[3]  what it holds afterwards
-- ARGV[4…] for each command: the number of its arguments, its name, the index of its key in KEYS, its arguments
-- returns  1; 0 if `loading` holds something else: nothing was done

if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then
  return 0
end
local at = 4
while at <= #ARGV do
  local count, name, key = tonumber(ARGV[at]), ARGV[at + 1], KEYS[tonumber(ARGV[at + 2])]
  redis.call(name, key, unpack(ARGV, at + 3, at + 2 + count))
  at = at + 3 + count
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
