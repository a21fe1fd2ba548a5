-- Parameters are positional, in the order of the comment; result columns follow the arrow.
--
-- OR FAIL stands where one statement writes many rows: else SQLite first copies every page that it changes to a
-- separate file, to be able to undo that statement alone. Here only whole transactions are rolled back.

-- name: begin
BEGIN IMMEDIATE;

-- name: commit
COMMIT;

-- name: rollback
ROLLBACK;

-- name: findQueue
-- name → id, ready, leased, delayed, blocked, leftmost, rightmost
SELECT id, ready, leased, delayed, blocked, leftmost, rightmost FROM queues WHERE name = ?1;

-- name: queueName
-- id → name
SELECT name FROM queues WHERE id = ?1;

-- name: lastQueueId
-- → greatest id in use, or NULL
SELECT max(0, max(id)) FROM (SELECT id FROM queues UNION ALL SELECT queue FROM flushed);

-- name: queueNames
-- (after id, number) → id, name
SELECT id, name FROM queues WHERE id > ? ORDER BY id LIMIT ?;

-- name: saveQueue
-- id, name, ready, leased, delayed, blocked, leftmost, rightmost
INSERT INTO queues (id, name, ready, leased, delayed, blocked, leftmost, rightmost)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (id) DO UPDATE SET ready = ?3, leased = ?4, delayed = ?5, blocked = ?6, leftmost = ?7, rightmost = ?8;

-- name: deleteQueue
-- id
DELETE FROM queues WHERE id = ?1;

-- name: insertReadyEvents
-- for each row: seq, queue, position, now, now, id, contents or NULL
INSERT OR FAIL INTO events (seq, queue, state, place, due, arrived, id, contents) VALUES (?, ?, 0, ?, ?, ?, ?, ?);

-- name: insertEvents
-- for each row: seq, queue, state, position, due, now, id, contents or NULL, expires or NULL, group or NULL, turn or
-- NULL, meta or NULL
INSERT OR FAIL INTO events (seq, queue, state, place, due, arrived, id, contents, expires, group_key, turn, meta)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: insertBigContents
-- seq, contents
INSERT INTO big_contents (seq, contents) VALUES (?1, ?2);

-- name: leftmostEvent
-- queue → seq, expires or NULL, id, contents or NULL, group or NULL, turn or NULL
SELECT seq, expires, id, contents, group_key, turn FROM events WHERE queue = ?1 AND state = 0 ORDER BY place LIMIT 1;

-- name: rightmostEvent
-- queue → seq, expires or NULL, id, contents or NULL, group or NULL, turn or NULL
SELECT seq, expires, id, contents, group_key, turn FROM events
WHERE queue = ?1 AND state = 0 ORDER BY place DESC LIMIT 1;

-- name: rightmostEvents
-- queue, limit, position → seq, position, id, contents or NULL, push time, failures, group or NULL, turn or NULL,
-- meta or NULL; left of that position, right-most first
SELECT seq, place, id, contents, arrived, failures, group_key, turn, meta FROM events
WHERE queue = ?1 AND state = 0 AND place < ?3 ORDER BY place DESC LIMIT ?2;

-- name: pushTimeOfRightmost
-- queue → push time
SELECT arrived FROM events WHERE queue = ?1 AND state = 0 ORDER BY place DESC LIMIT 1;

-- name: bigContents
-- seq → contents
SELECT contents FROM big_contents WHERE seq = ?1;

-- name: bigContentsSize
-- seq → bytes, without reading them
SELECT length(contents) FROM big_contents WHERE seq = ?1;

-- name: leasePopped
-- queue, smallest position popped, lease end
UPDATE OR FAIL events SET state = 1, due = ?3 WHERE queue = ?1 AND state = 0 AND place >= ?2;

-- name: deletePopped
-- queue, smallest position popped
DELETE FROM events WHERE queue = ?1 AND state = 0 AND place >= ?2;

-- name: requeueEvent
-- seq, state, position, due, 1 if a delivery ended or 0, its reason or NULL
UPDATE events SET state = ?2, place = ?3, due = ?4, failures = min(failures + ?5, 65535), reason = coalesce(?6, reason)
WHERE seq = ?1;

-- name: blockedEvent
-- queue, turn → seq, expires or NULL, id, bytes of contents stored apart
SELECT seq, expires, id,
  CASE WHEN contents IS NULL THEN (SELECT length(big.contents) FROM big_contents AS big WHERE big.seq = events.seq)
  ELSE 0 END
FROM events WHERE queue = ?1 AND state = -1 AND place = ?2;

-- name: promoteEvent
-- queue, now, turn, position
UPDATE events SET state = 0, due = ?2, place = ?4 WHERE queue = ?1 AND state = -1 AND place = ?3;

-- name: promoteEvents
-- queue, now, 16 times: turn and position, or NULL and NULL
UPDATE OR FAIL events SET state = 0, due = ?2, place = CASE place
  WHEN ?3 THEN ?4 WHEN ?5 THEN ?6 WHEN ?7 THEN ?8 WHEN ?9 THEN ?10 WHEN ?11 THEN ?12 WHEN ?13 THEN ?14
  WHEN ?15 THEN ?16 WHEN ?17 THEN ?18 WHEN ?19 THEN ?20 WHEN ?21 THEN ?22 WHEN ?23 THEN ?24 WHEN ?25 THEN ?26
  WHEN ?27 THEN ?28 WHEN ?29 THEN ?30 WHEN ?31 THEN ?32 WHEN ?33 THEN ?34
END
WHERE queue = ?1 AND state = -1 AND place IN (
  ?3, ?5, ?7, ?9, ?11, ?13, ?15, ?17, ?19, ?21, ?23, ?25, ?27, ?29, ?31, ?33
);

-- name: heldPlaces
-- → queue, group, state, number of events that hold a place
SELECT queue, group_key, state, count(*) FROM events NOT INDEXED
WHERE turn IS NOT NULL AND state >= 0 AND queue NOT IN (SELECT queue FROM flushed) GROUP BY queue, group_key, state;

-- name: queuesWithBlocked
-- → queue
SELECT id FROM queues WHERE blocked > 0;

-- name: blockedTurns
-- queue, turn, limit → turn, group; of smaller turns, the greatest first
SELECT place, group_key FROM events WHERE queue = ?1 AND state = -1 AND place < ?2 ORDER BY place DESC LIMIT ?3;

-- name: joinGroup
-- seq, state, position and turn, now
UPDATE events SET state = ?2, place = ?3, turn = ?3, due = ?4 WHERE seq = ?1;

-- name: transferEvent
-- seq, queue, state, position, now, failures, reason or NULL, expires or NULL, turn or NULL; the push time changes, because
-- receipts contain it
UPDATE events SET queue = ?2, state = ?3, place = ?4, due = ?5, arrived = max(?5, arrived + 1), failures = min(?6, 65535),
  reason = ?7, expires = ?8, turn = ?9
WHERE seq = ?1;

-- name: setDue
-- seq, end of the lease or delay
UPDATE events SET due = ?2 WHERE seq = ?1;

-- name: deleteEvent
-- seq
DELETE FROM events WHERE seq = ?1;

-- name: discardEvent
-- seq, id of a flushed queue
UPDATE events SET queue = ?2 WHERE seq = ?1;

-- name: deleteEvents
-- 16 times: seq or NULL
DELETE FROM events WHERE seq IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: eventState
-- seq, queue, id → state, 1 if the contents are stored apart, group or NULL, turn or NULL; no row if that seq belongs to
-- another event
SELECT state, contents IS NULL, group_key, turn FROM events WHERE seq = ?1 AND queue = ?2 AND id = ?3;

-- name: eventStateAndDelivery
-- seq, queue, id → the same, and push time, failures, expires or NULL
SELECT state, contents IS NULL, group_key, turn, arrived, failures, expires FROM events
WHERE seq = ?1 AND queue = ?2 AND id = ?3;

-- name: eventDelivery
-- seq → push time, failures, expires or NULL
SELECT arrived, failures, expires FROM events WHERE seq = ?1;

-- name: failureReason
-- seq → reason or NULL
SELECT reason FROM events WHERE seq = ?1;

-- name: eventId
-- seq → id, bytes of contents stored apart
SELECT id,
  CASE WHEN contents IS NULL THEN (SELECT length(big.contents) FROM big_contents AS big WHERE big.seq = events.seq)
  ELSE 0 END
FROM events WHERE seq = ?1;

-- name: eventIds
-- seq, limit → seq, queue, id; of greater seqs
SELECT seq, queue, id FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2;

-- name: lastSeq
-- → greatest seq in use, or NULL
SELECT max(seq) FROM events;

-- name: eventsOfQueue
-- queue, limit → seq, id, bytes of contents stored apart
SELECT seq, id,
  CASE WHEN contents IS NULL THEN (SELECT length(big.contents) FROM big_contents AS big WHERE big.seq = events.seq)
  ELSE 0 END
FROM events WHERE queue = ?1 LIMIT ?2;

-- name: eventsToMove
-- queue, limit, skip → seq, id, expires or NULL, bytes of contents stored apart, group or NULL, turn or NULL; right-most
-- first
SELECT seq, id, expires,
  CASE WHEN contents IS NULL THEN (SELECT length(big.contents) FROM big_contents AS big WHERE big.seq = events.seq)
  ELSE 0 END, group_key, turn
FROM events WHERE queue = ?1 AND state = 0 ORDER BY place DESC LIMIT ?2 OFFSET ?3;

-- name: listAtPosition
-- queue, state, position, seq, limit → seq, position, state, expires or NULL, id, failures, push time, bytes of
-- contents, due; at that position, of greater seqs
SELECT seq, place, state, expires, id, failures, arrived,
  coalesce(length(contents), (SELECT length(big.contents) FROM big_contents AS big WHERE big.seq = events.seq)), due
FROM events WHERE queue = ?1 AND state = ?2 AND place = ?3 AND seq > ?4 ORDER BY seq LIMIT ?5;

-- name: listLeftOfPosition
-- queue, state, position, limit → the same; left of that position, right-most first
SELECT seq, place, state, expires, id, failures, arrived,
  coalesce(length(contents), (SELECT length(big.contents) FROM big_contents AS big WHERE big.seq = events.seq)), due
FROM events WHERE queue = ?1 AND state = ?2 AND place < ?3 ORDER BY place DESC, seq LIMIT ?4;

-- name: listRightOfPosition
-- queue, position, limit → the same; ready ones right of that position, left-most first
SELECT seq, place, state, expires, id, failures, arrived,
  coalesce(length(contents), (SELECT length(big.contents) FROM big_contents AS big WHERE big.seq = events.seq)), due
FROM events WHERE queue = ?1 AND state = 0 AND place > ?2 ORDER BY place LIMIT ?3;

-- name: eventDetails
-- seq → reason or NULL, contents or NULL, group or NULL, meta or NULL, the same
SELECT reason, contents, group_key, meta, seq, place, state, expires, id, failures, arrived,
  coalesce(length(contents), (SELECT length(big.contents) FROM big_contents AS big WHERE big.seq = events.seq)), due
FROM events WHERE seq = ?1;

-- name: dueEvents
-- queue, now, limit → seq, state, due, expires or NULL, failures, group or NULL, turn or NULL; earliest end of a lease
-- or delay first, then first pushed
SELECT seq, state, due, expires, failures, group_key, turn FROM events INDEXED BY timed
WHERE queue = ?1 AND state > 0 AND due <= ?2 ORDER BY due, seq LIMIT ?3;

-- name: nextDue
-- queue → earliest end of a lease or delay, or NULL
SELECT min(due) FROM events INDEXED BY timed WHERE queue = ?1 AND state > 0;

-- name: nextDueOfEach
-- → queue, earliest end of a lease or delay
SELECT queue, min(due) FROM events INDEXED BY timed
WHERE state > 0 AND queue NOT IN (SELECT queue FROM flushed) GROUP BY queue;

-- name: expiredEvents
-- queue, now, limit → seq, state, expires, id, bytes of contents stored apart, group or NULL, turn or NULL; earliest first
SELECT seq, state, expires, id,
  CASE WHEN contents IS NULL THEN (SELECT length(big.contents) FROM big_contents AS big WHERE big.seq = events.seq)
  ELSE 0 END, group_key, turn
FROM events INDEXED BY expiring
WHERE queue = ?1 AND expires IS NOT NULL AND expires > 0 AND expires <= ?2 ORDER BY expires LIMIT ?3;

-- name: markExpirySeen
-- seq
UPDATE events SET expires = -expires WHERE seq = ?1;

-- name: nextExpiry
-- queue → earliest expires not marked as seen, or NULL
SELECT min(expires) FROM events INDEXED BY expiring WHERE queue = ?1 AND expires IS NOT NULL AND expires > 0;

-- name: nextExpiryOfEach
-- → queue, earliest expires not marked as seen
SELECT queue, min(expires) FROM events INDEXED BY expiring
WHERE expires IS NOT NULL AND expires > 0 AND queue NOT IN (SELECT queue FROM flushed) GROUP BY queue;

-- name: allPolicies
-- → all columns
SELECT name, max_attempts, dead_queue, backoff, backoff_max, max_length, lease, paused_until, group_limit, remember,
  max_processing, rate, memory
FROM policies;

-- name: savePolicy
-- all columns
INSERT OR REPLACE INTO policies (name, max_attempts, dead_queue, backoff, backoff_max, max_length, lease, paused_until,
  group_limit, remember, max_processing, rate, memory)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13);

-- name: deletePolicy
-- name
DELETE FROM policies WHERE name = ?1;

-- name: lastMemory
-- → smallest memory in use, or NULL
SELECT min(0, min(id)) FROM (SELECT memory AS id FROM policies UNION ALL SELECT queue FROM flushed);

-- name: rememberId
-- memory, id, until
INSERT INTO remembered (memory, id, until) VALUES (?1, ?2, ?3) ON CONFLICT (memory, id) DO UPDATE SET until = ?3;

-- name: rememberedUntil
-- memory, id → until
SELECT until FROM remembered WHERE memory = ?1 AND id = ?2;

-- name: forgetDue
-- now, limit
DELETE FROM remembered WHERE (memory, id) IN (SELECT memory, id FROM remembered WHERE until <= ?1 ORDER BY until LIMIT ?2);

-- name: forgetMemory
-- memory, limit
DELETE FROM remembered WHERE (memory, id) IN (SELECT memory, id FROM remembered WHERE memory = ?1 LIMIT ?2);

-- name: saveTimetable
-- queue, name, expression, zone, group or NULL, meta or NULL, next, last or NULL, contents; of one with the same expression
-- and zone, next and last stay
INSERT INTO timetables (queue, name, expression, zone, group_key, meta, next, last, contents)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (queue, name) DO UPDATE SET expression = ?3, zone = ?4, group_key = ?5, meta = ?6, contents = ?9,
  next = iif(expression = ?3 AND zone = ?4, next, ?7), last = iif(expression = ?3 AND zone = ?4, last, ?8);

-- name: otherTimetables
-- queue, name → number of other timetables of the queue
SELECT count(*) FROM timetables WHERE queue = ?1 AND name <> ?2;

-- name: deleteTimetable
-- queue, name
DELETE FROM timetables WHERE queue = ?1 AND name = ?2;

-- name: timetable
-- queue, name → meta or NULL, contents, and the same as of timetablesAfter
SELECT meta, contents, queue, name, expression, zone, group_key, next, last, length(contents) FROM timetables
WHERE queue = ?1 AND name = ?2;

-- name: timetablesAfter
-- queue, name, limit → queue, name, expression, zone, group or NULL, next, last or NULL, bytes of contents; those that
-- follow in the order of queues and names
SELECT queue, name, expression, zone, group_key, next, last, length(contents) FROM timetables
WHERE (queue, name) > (?1, ?2) ORDER BY queue, name LIMIT ?3;

-- name: timetablesOfQueue
-- queue → the same, by name
SELECT queue, name, expression, zone, group_key, next, last, length(contents) FROM timetables
WHERE queue = ?1 ORDER BY name;

-- name: queuesWithTimetables
-- queue, limit → queues with greater names
SELECT DISTINCT queue FROM timetables WHERE queue > ?1 ORDER BY queue LIMIT ?2;

-- name: dueTimetables
-- now, limit → queue, name, expression, zone, next; earliest first
SELECT queue, name, expression, zone, next FROM timetables WHERE next <= ?1 ORDER BY next LIMIT ?2;

-- name: setTimes
-- queue, name, next, last or NULL for that which it has
UPDATE timetables SET next = ?3, last = coalesce(?4, last) WHERE queue = ?1 AND name = ?2;

-- name: insertFlushed
-- queue
INSERT INTO flushed (queue) VALUES (?1);

-- name: firstFlushed
-- → queue
SELECT queue FROM flushed LIMIT 1;

-- name: deleteFlushed
-- queue
DELETE FROM flushed WHERE queue = ?1;

-- name: freePages
-- → unused pages of the file
PRAGMA freelist_count;

-- name: releasePages
-- → a row for each page returned to the file system, which happens only while rows are fetched
PRAGMA incremental_vacuum(64);

-- name: allQueues
-- → name, number of events
SELECT name, ready + leased + delayed + blocked FROM queues;

-- name: timetableCounts
-- → queue, number
SELECT queue, count(*) FROM timetables GROUP BY queue;

-- name: rememberedIds
-- memory → number
SELECT count(*) FROM remembered WHERE memory = ?1;

-- The next five have the order of records.ts.

-- name: readyInOrder
-- queue → seq
SELECT seq FROM events WHERE queue = ?1 AND state = 0 ORDER BY place DESC;

-- name: leasedInOrder
-- queue → seq
SELECT seq FROM events INDEXED BY timed WHERE queue = ?1 AND state > 0 AND state = 1 ORDER BY due, id;

-- name: delayedInOrder
-- queue → seq
SELECT seq FROM events INDEXED BY timed WHERE queue = ?1 AND state > 0 AND state > 1 ORDER BY due, seq;

-- name: blockedInOrder
-- queue → seq
SELECT seq FROM events WHERE queue = ?1 AND state = -1 ORDER BY group_key, place DESC;

-- name: rememberedInOrder
-- memory → id, until
SELECT id, until FROM remembered WHERE memory = ?1 ORDER BY until, id;

-- name: wholeEvent
-- seq → state, id, due, push time, failures, reason or NULL, expires or NULL, group or NULL, turn or NULL, meta or NULL,
-- contents
SELECT state, id, due, arrived, failures, reason, abs(expires), group_key, turn, meta,
  coalesce(contents, (SELECT big.contents FROM big_contents AS big WHERE big.seq = events.seq))
FROM events WHERE seq = ?1;

-- name: insertWholeEvents
-- for each row: seq, queue, state, position, due, push time, id, contents or NULL, failures, expires or NULL, reason or
-- NULL, group or NULL, turn or NULL, meta or NULL
INSERT OR FAIL INTO events (seq, queue, state, place, due, arrived, id, contents, failures, expires, reason, group_key, turn,
  meta)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: anything
-- → number of rows of a store that holds something
SELECT (SELECT count(*) FROM queues) + (SELECT count(*) FROM policies) + (SELECT count(*) FROM flushed)
  + (SELECT count(*) FROM timetables);

-- name: loadingProgress
-- queue → records, digest
SELECT records, digest FROM loading WHERE queue = ?1;

-- name: saveLoadingProgress
-- queue, records, digest
INSERT OR REPLACE INTO loading (queue, records, digest) VALUES (?1, ?2, ?3);
