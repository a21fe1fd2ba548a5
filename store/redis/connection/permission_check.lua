-- Calls each command of okq's scripts, and those it sends apart, on a key of its own, to find those that Redis refuses.
--
-- KEYS[1]  the key
-- ARGV[1]  PUBLISH, or SPUBLISH in a Cluster
-- ARGV[2]  the channel
-- returns  name and error of each command that failed
--
-- Redis checks permissions before types and memory. What one command stores, a later one removes, and UNLINK the rest.

local key = KEYS[1]

local calls = {
  { 'TIME' },
  { ARGV[1], ARGV[2], '' },
  { 'EXISTS', key },
  { 'RPUSH', key, '1' },
  { 'LPUSH', key, '1' },
  { 'LLEN', key },
  { 'LINDEX', key, '0' },
  { 'LRANGE', key, '0', '0' },
  { 'LSET', key, '0', '1' },
  { 'LTRIM', key, '0', '0' },
  { 'LREM', key, '1', '1' },
  { 'LPOP', key },
  { 'RPOP', key },
  { 'HSET', key, '1', '1' },
  { 'HGET', key, '1' },
  { 'HMGET', key, '1' },
  { 'HGETALL', key },
  { 'HLEN', key },
  { 'HSCAN', key, '0' },
  { 'HDEL', key, '1' },
  { 'SADD', key, '1' },
  { 'SSCAN', key, '0' }, -- for find_queues.ts
  { 'SMISMEMBER', key, '1' },
  { 'SREM', key, '1' },
  { 'ZADD', key, '1', '1' },
  { 'ZCARD', key },
  { 'ZCOUNT', key, '0', '1' },
  { 'ZSCORE', key, '1' },
  { 'ZMSCORE', key, '1' },
  { 'ZRANGE', key, '0', '0' },
  { 'ZSCAN', key, '0' },
  { 'ZREM', key, '1' },
  { 'ZREMRANGEBYRANK', key, '0', '0' },
  { 'SET', key, '1' }, -- this and the next two for layout.ts, batcher.ts, contents_reader.ts
  { 'GET', key },
  { 'GETRANGE', key, '0', '0' },
  { 'PEXPIRE', key, '1000' },
  { 'PERSIST', key },
  { 'RENAME', key, key },
  { 'COPY', key, key },
  { 'UNLINK', key },
}

local failed = {}
for _, call in ipairs(calls) do
  local reply = redis.pcall(unpack(call))
  if type(reply) == 'table' and reply.err then
    failed[#failed + 1] = call[1]
    failed[#failed + 1] = reply.err
  end
end
return failed
