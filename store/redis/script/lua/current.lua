-- For each of these events whether it is being processed and, unless its receipt is empty, by the delivery that the
-- receipt names: its birth, and how many deliveries before have ended (2 bytes).
local function current(queue, ids, receipts)
  tidy(queue)
  local leased = redis.call('ZMSCORE', queue.leases, unpack(ids))
  local named = false
  for i = 1, #ids do
    named = named or receipts[i] ~= ''
  end
  if named then
    local held = redis.call('HMGET', queue.events, unpack(ids))
    local failed = redis.call('HMGET', queue.failed, unpack(ids))
    for i = 1, #ids do
      local delivery = leased[i] and held[i]:sub(1, BIRTH) .. (failed[i] or '\0\0'):sub(1, 2)
      leased[i] = delivery and (receipts[i] == '' or receipts[i] == delivery)
    end
  end
  return leased
end
