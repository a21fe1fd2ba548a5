-- Runs the operations of the batch.

-- The last batch of each sender that was done and that another may name. They are forgotten with the library, or when
-- there are many: then the batch that names one is refused until that one is answered. As a script it knows none.
local MAX_SENDERS = 10000
local last_batches, senders = {}, 0

local function remember_batch(sender, number)
  if not last_batches[sender] then
    if senders == MAX_SENDERS then
      last_batches, senders = {}, 0
    end
    senders = senders + 1
  end
  last_batches[sender] = number
end

-- Applies the operations. Returns false once all are done, or true; or an error if Redis refuses all writes.
local function run_batch()
  local batch = cmsgpack.unpack(ARGV[1])
  local skipped, done = tonumber(ARGV[5]), 0
  add_result(0)
  add_result(false)
  local at = 1
  while at <= #batch do
    local arity, n = batch[at + 1], batch[at + 3]
    local first, next_run = at + 5, at + 5 + n * arity
    if skipped >= n then
      skipped = skipped - n
    elseif work >= MAX_WORK then
      break
    else
      first, n, skipped = first + skipped * arity, n - skipped, 0
      local count_before = result_count
      local ok, completed = pcall(operations[batch[at]], queue_at(batch[at + 2]), n, batch[at + 4], batch, first)
      if not ok then
        local problem = completed
        local message = (type(problem) == 'table' and problem.err or tostring(problem)):gsub('^[^%u]*', '')
        if message:find('^READONLY') or message:find('^MISCONF') or message:find('^NOREPLICAS') then
          -- Nothing was done, and okq retries the batch.
          return true, redis.error_reply(message)
        end
        result_count = count_before
        for _ = 1, n do
          add_result({ message })
        end
        for i = result_count + 1, #results do
          results[i] = nil
        end
      end
      completed = ok and completed or n
      done = done + completed
      if completed < n then
        break
      end
    end
    at = next_run
  end
  results[1] = done
  return at <= #batch
end

-- The driver takes channels as text: a byte above 127 is the UTF-8 of the character with that code.
local function channel_of(queue)
  local text = queue.ready
  if text:find('[\128-\255]') then
    text = text:gsub('[\128-\255]', function(char)
      local code = char:byte()
      return string.char(0xc0 + math.floor(code / 64), 0x80 + code % 64)
    end)
  end
  return ARGV[2] .. text
end

local function finish(queue)
  if queue.became_ready > 0 and is_paused(queue) then
    queue.became_ready = 0
  end
  -- Whatever delivers, or ends a lease, has loaded the policy.
  if queue.policy and is_limited(queue.policy) then
    modules.limits.set_notice(queue)
  else
    queue.notice = queue.became_ready > 0 and queue.became_ready
  end
  if queue.maybe_empty then
    -- EXISTS counts a key as often as it is named: one command tells whether the queue is active (it has events or
    -- consumers), and whether there is anything to purge (3 for each key that may hold some).
    local later, failed, large, flushed = queue.later, queue.failed, queue.large, queue.flushed
    local found = redis.call(
      'EXISTS', queue.events, queue.consumers,
      later, later, later, failed, failed, failed, large, large, large, flushed, flushed, flushed
    )
    if found >= 3 then
      purge_removed(queue)
    end
    if found % 3 == 0 then
      if queue.has_groups then
        redis.call('UNLINK', queue.groups, queue.blocked) -- failed calls may have left something
      end
      redis.call('SREM', queue.active, name_of(queue))
      if found < 3 or redis.call('EXISTS', flushed) == 0 then
        redis.call('ZREM', queue.timers, name_of(queue))
      end
    end
  end
  if queue.notice then
    redis.call(ARGV[3], channel_of(queue), ARGV[4] .. ' ' .. queue.notice)
  end
end

local function run(keys, args)
  -- A call without keys tells whether there is an operation.
  if #keys == 0 then
    return operations[args[1]] and 1 or 0
  end
  begin(keys, args)
  local sender, number, required = ARGV[4], tonumber(ARGV[6]), tonumber(ARGV[7])

  -- While a Cluster moves a slot, no key can be created in it and no missing one read. All of KEYS are here now, but an
  -- operation may delete a key that a later step needs. So nothing is begun, and okq retries until the slot has moved.
  -- Reading two keys that never exist shows that it is moving.
  if ARGV[3] == 'SPUBLISH' then
    local partition = KEYS[1]:match('^okq:{%d+}:')
    local probe = redis.pcall('EXISTS', partition .. 'absent:1', partition .. 'absent:2')
    if type(probe) == 'table' then
      return redis.error_reply('TRYAGAIN the slot is on its way to another node')
    end
    sender = partition .. sender -- its batches are numbered by partition
  end

  -- A batch that was sent before this one may have been refused, or be done in part. Then nothing is begun, so that
  -- events keep the order of their pushes; okq sends this batch again when that one is done.
  if required > 0 and (last_batches[sender] or 0) < required then
    return redis.error_reply('NOTYET an earlier batch is not done')
  end

  local is_spent, refusal = run_batch()
  if refusal then
    return refusal
  end
  for index, queue in pairs(queues) do
    local ok, problem = pcall(finish, queue)
    if not ok then
      results[2] = { type(problem) == 'table' and problem.err or tostring(problem) }
    end
    if queue.became_ready > 0 or queue.wait > 0 or queue.counts then
      local counts = queue.counts or { 0, 0, 0, 0, 0 }
      add_result(index)
      add_result(queue.became_ready)
      for i = 1, #counts do
        add_result(counts[i])
      end
      add_result(queue.wait)
    end
  end
  if number > 0 and not is_spent then
    remember_batch(sender, number)
  end
  return cmsgpack.pack(results)
end
