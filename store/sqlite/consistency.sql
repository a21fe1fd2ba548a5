-- Counts of `store check`, in one statement, so that they are of one moment
-- → name of a count or kind of orphans (see store/consistency.ts), number
SELECT 'queues', count(*) FROM (SELECT name FROM queues UNION SELECT name FROM policies UNION SELECT queue FROM timetables)
UNION ALL
SELECT 'events', count(*) FROM events WHERE queue NOT IN (SELECT queue FROM flushed)
UNION ALL
SELECT 'processing', count(*) FROM events WHERE state = 1 AND queue NOT IN (SELECT queue FROM flushed)
UNION ALL
SELECT 'timetables', count(*) FROM timetables
UNION ALL
SELECT 'flushed', count(*) FROM events WHERE queue IN (SELECT queue FROM flushed)
UNION ALL
SELECT 'missingContents', count(*) FROM events
WHERE contents IS NULL AND seq NOT IN (SELECT seq FROM big_contents)
UNION ALL
SELECT 'unreachable', count(*) FROM big_contents
WHERE seq NOT IN (SELECT seq FROM events WHERE contents IS NULL)
UNION ALL
SELECT 'unreachable', count(*) FROM events WHERE state NOT IN (-1, 0, 1, 2, 3)
UNION ALL
-- Blocked for ever: not in the line of a group, or none of the group is to be delivered before them.
SELECT 'unreachable', count(*) FROM events
WHERE state = -1 AND queue NOT IN (SELECT queue FROM flushed) AND (
  group_key IS NULL OR turn IS NULL OR turn <> place
  OR (queue, group_key) NOT IN (SELECT queue, group_key FROM events WHERE turn IS NOT NULL AND state >= 0)
)
UNION ALL
SELECT 'emptyQueues', count(*) FROM queues WHERE id NOT IN (SELECT queue FROM events)
UNION ALL
SELECT 'emptyQueues', count(*) FROM policies
WHERE max_attempts = 0 AND dead_queue IS NULL AND backoff = 0 AND backoff_max = 0 AND max_length = 0 AND lease = 30000
  AND paused_until = 0 AND group_limit = 1 AND remember = 0 AND max_processing = 0 AND rate = 0
UNION ALL
SELECT 'missingQueues', count(*) FROM events
WHERE queue NOT IN (SELECT id FROM queues UNION ALL SELECT queue FROM flushed)
UNION ALL
SELECT 'wrongCounts', count(*) FROM queues AS q
JOIN (
  SELECT
    queue,
    sum(state = 0) AS ready,
    sum(state = 1) AS leased,
    sum(state > 1) AS delayed,
    sum(state = -1) AS blocked,
    min(place) AS leftmost,
    max(place) AS rightmost
  FROM events GROUP BY queue
) AS real ON real.queue = q.id
WHERE q.ready <> real.ready OR q.leased <> real.leased OR q.delayed <> real.delayed OR q.blocked <> real.blocked
  OR q.leftmost > real.leftmost OR q.rightmost < real.rightmost
  OR q.id IN (SELECT queue FROM flushed)
UNION ALL
SELECT 'unknown', count(*) FROM sqlite_schema
WHERE type IN ('table', 'view') AND name NOT IN ('queues', 'events', 'big_contents', 'flushed', 'policies', 'remembered', 'timetables')
UNION ALL
SELECT 'unknown', count(*) FROM remembered
WHERE memory NOT IN (SELECT memory FROM policies WHERE memory IS NOT NULL UNION ALL SELECT queue FROM flushed)
UNION ALL
SELECT 'unknown', count(*) FROM policies
WHERE min(max_attempts, backoff, backoff_max, max_length, paused_until, remember, max_processing, rate) < 0
  OR min(lease, group_limit) <= 0 OR (remember > 0) <> (memory IS NOT NULL)
UNION ALL
SELECT 'unknown', count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok';
