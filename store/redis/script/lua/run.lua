-- The operations by their codes, which are those of operations.ts, and how many arguments each has. They are made when
-- they are needed.
local WIDTHS = '2200011222240002133010023111'
local operations = {}

local function operation_of(code)
  local operation = operations[code]
  if not operation then
    local make = code <= 2 and make_push or code <= 6 and make_take or code <= 9 and make_settle or the_rest
    operation = make()[code]
    operations[code] = operation
  end
  return operation
end

-- In a slot that is on its way to another node of a Cluster no key can be made, nor can a missing one be looked at. All
-- of KEYS are here, or this would not run; but an operation may empty one that the next, or its own second half, needs.
-- So nothing is begun, and okq tries again until the slot has arrived. Two keys that never exist tell.
if ARGV[3] == 'SPUBLISH' then
  local partition = KEYS[1]:match('^okq:{%d+}:')
  local probe = redis.pcall('EXISTS', partition .. 'absent:1', partition .. 'absent:2')
  if type(probe) == 'table' then
    return redis.error_reply('TRYAGAIN the slot is on its way to another node')
  end
end

local ops = cmsgpack.unpack(ARGV[1])
local at = 1
while at <= #ops do
  local code, n = ops[at], ops[at + 2]
  local queue, first, mark = queue_at(ops[at + 1]), at + 4, size
  local done, problem = pcall(operation_of(code), queue, n, ops[at + 3], ops, first)
  if not done then
    local message = (type(problem) == 'table' and problem.err or tostring(problem)):gsub('^[^%u]*', '')
    if message:find('^READONLY') or message:find('^MISCONF') or message:find('^NOREPLICAS') then
      -- Redis lets nobody write, so nothing has been: okq tries all of it again.
      return redis.error_reply(message)
    end
    size = mark
    for _ = 1, n do
      answer({ message })
    end
    for i = size + 1, #out do
      out[i] = nil
    end
  end
  at = first + n * (WIDTHS:byte(code) - 48)
end

for place, queue in pairs(queues) do
  local woke = queue.woke > 0 and not is_paused(queue) and queue.woke or 0
  if woke > 0 then
    redis.call(ARGV[3], channel_of(queue.ready), ARGV[4] .. ' ' .. woke)
  end
  if woke > 0 or queue.counts then
    local counts = queue.counts or { 0, 0, 0, 0, 0 }
    out[size + 1], out[size + 2] = place, woke
    for i = 1, #counts do
      out[size + 2 + i] = counts[i]
    end
    size = size + 2 + #counts
  end
  if queue.lost then
    -- EXISTS counts a key as often as it is named: one question tells both whether the queue is still active and
    -- whether there is anything to tidy up.
    local later, failed = queue.later, queue.failed
    local found = redis.call('EXISTS', queue.events, queue.consumers, later, later, later, failed, failed, failed)
    if found >= 3 then
      tidy(queue)
    end
    if found % 3 == 0 then
      redis.call('SREM', queue.active, name_of(queue.ready))
      redis.call('ZREM', queue.timers, name_of(queue.ready))
    end
  end
end

return cmsgpack.pack(out)
