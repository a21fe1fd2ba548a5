-- Every statement of the embedded store. statement.ts finds them by the name in the line above each; parameters are
-- positional and noted in order, and what comes back is noted behind the arrow.
--
-- OR FAIL stands where one statement writes many rows: without it SQLite copies every page that the statement changes to
-- a file of its own first, so that it could undo the statement alone. A transaction that fails is undone as a whole here.

-- name: begin
BEGIN IMMEDIATE;

-- name: commit
COMMIT;

-- name: rollback
ROLLBACK;

-- name: findQueue
-- name → id, ready, leased, delayed, leftmost, rightmost
SELECT id, ready, leased, delayed, leftmost, rightmost FROM queues WHERE name = ?1;

-- name: nameOfQueue
-- id → name
SELECT name FROM queues WHERE id = ?1;

-- name: lastQueue
-- → the greatest id in use, or NULL
SELECT max(id) FROM (SELECT id FROM queues UNION ALL SELECT queue FROM flushed);

-- name: allQueues
-- → name
SELECT name FROM queues;

-- name: saveQueue
-- id, name, ready, leased, delayed, leftmost, rightmost
INSERT INTO queues (id, name, ready, leased, delayed, leftmost, rightmost) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (id) DO UPDATE SET ready = ?3, leased = ?4, delayed = ?5, leftmost = ?6, rightmost = ?7;

-- name: deleteQueue
-- id
DELETE FROM queues WHERE id = ?1;

-- name: insertEvent
-- seq, queue, place, now, now again, id, contents or NULL; for each row
INSERT OR FAIL INTO events (seq, queue, state, place, due, arrived, id, contents) VALUES (?, ?, 0, ?, ?, ?, ?, ?);

-- name: insertEventWith
-- seq, queue, state, place, due, now, id, contents or NULL, expires or NULL
INSERT INTO events (seq, queue, state, place, due, arrived, id, contents, expires)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9);

-- name: insertBigContents
-- seq, contents
INSERT INTO big_contents (seq, contents) VALUES (?1, ?2);

-- name: leftmostEvent
-- queue → seq, id, contents or NULL, expires or NULL
SELECT seq, id, contents, expires FROM events WHERE queue = ?1 AND state = 0 ORDER BY place LIMIT 1;

-- name: rightmostEvent
-- queue → seq, id, contents or NULL, expires or NULL
SELECT seq, id, contents, expires FROM events WHERE queue = ?1 AND state = 0 ORDER BY place DESC LIMIT 1;

-- name: rightmostEvents
-- queue, limit → seq, place, id, contents or NULL, arrived, failures; the right-most first
SELECT seq, place, id, contents, arrived, failures FROM events
WHERE queue = ?1 AND state = 0 ORDER BY place DESC LIMIT ?2;

-- name: bigContents
-- seq → contents
SELECT contents FROM big_contents WHERE seq = ?1;

-- name: leaseEvents
-- queue, place of the left-most of them, end of the lease
UPDATE OR FAIL events SET state = 1, due = ?3 WHERE queue = ?1 AND state = 0 AND place >= ?2;

-- name: deletePopped
-- queue, place of the left-most of them
DELETE FROM events WHERE queue = ?1 AND state = 0 AND place >= ?2;

-- name: sendEvent
-- seq, queue, place, now, failures, why the last delivery failed or NULL, expires or NULL. Receipts are made of arrived,
-- so it must not stay the same.
UPDATE events SET queue = ?2, state = 0, place = ?3, due = ?4, arrived = max(?4, arrived + 1), failures = min(?5, 65535),
  reason = ?6, expires = ?7
WHERE seq = ?1;

-- name: eventsToMove
-- queue, limit, how many to leave out → seq, id, expires or NULL; the right-most first
SELECT seq, id, expires FROM events WHERE queue = ?1 AND state = 0 ORDER BY place DESC LIMIT ?2 OFFSET ?3;

-- name: listAtPlace
-- queue, state, place, seq, limit → seq, place, id, state, failures, arrived, size of the contents, due, expires or NULL of
-- the events at that place whose seq is greater
SELECT seq, place, id, state, failures, arrived,
  coalesce(length(contents), (SELECT length(big.contents) FROM big_contents AS big WHERE big.seq = events.seq)), due, expires
FROM events WHERE queue = ?1 AND state = ?2 AND place = ?3 AND seq > ?4 ORDER BY seq LIMIT ?5;

-- name: listBelowPlace
-- queue, state, place, limit → as above, of the events left of that place, the right-most first
SELECT seq, place, id, state, failures, arrived,
  coalesce(length(contents), (SELECT length(big.contents) FROM big_contents AS big WHERE big.seq = events.seq)), due, expires
FROM events WHERE queue = ?1 AND state = ?2 AND place < ?3 ORDER BY place DESC, seq LIMIT ?4;

-- name: detailsOfEvent
-- seq → as above, reason or NULL, contents
SELECT e.seq, place, id, state, failures, arrived, length(coalesce(e.contents, big.contents)), due, expires, reason,
  coalesce(e.contents, big.contents)
FROM events AS e LEFT JOIN big_contents AS big ON big.seq = e.seq WHERE e.seq = ?1;

-- name: arrivalOfRightmost
-- queue → arrived
SELECT arrived FROM events WHERE queue = ?1 AND state = 0 ORDER BY place DESC LIMIT 1;

-- name: allPolicies
-- → all of each policy
SELECT name, max_attempts, dead_queue, backoff, backoff_max, max_length, lease, paused_until FROM policies;

-- name: savePolicy
-- all of a policy
INSERT INTO policies (name, max_attempts, dead_queue, backoff, backoff_max, max_length, lease, paused_until)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (name) DO UPDATE SET max_attempts = ?2, dead_queue = ?3, backoff = ?4, backoff_max = ?5, max_length = ?6,
  lease = ?7, paused_until = ?8;

-- name: deletePolicy
-- name
DELETE FROM policies WHERE name = ?1;

-- name: moveEvent
-- seq, state, place, due, 1 if a delivery has ended or 0, why it failed or NULL
UPDATE events SET state = ?2, place = ?3, due = ?4, failures = min(failures + ?5, 65535), reason = coalesce(?6, reason)
WHERE seq = ?1;

-- name: prolongLease
-- seq, end of the lease
UPDATE events SET due = ?2 WHERE seq = ?1;

-- name: stateOfEvent
-- seq, queue, id → state; no row if it is another event
SELECT state FROM events WHERE seq = ?1 AND queue = ?2 AND id = ?3;

-- name: deliveryOfEvent
-- seq → arrived, failures, expires or NULL
SELECT arrived, failures, expires FROM events WHERE seq = ?1;

-- name: idOfEvent
-- seq → id
SELECT id FROM events WHERE seq = ?1;

-- name: idsOfEvents
-- seq, limit → seq, queue, id of the events after that one
SELECT seq, queue, id FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2;

-- name: lastEvent
-- → the greatest seq in use, or NULL
SELECT max(seq) FROM events;

-- name: someEvents
-- queue, limit → seq, id
SELECT seq, id FROM events WHERE queue = ?1 LIMIT ?2;

-- name: deleteEvent
-- seq
DELETE FROM events WHERE seq = ?1;

-- name: insertFlushed
-- queue
INSERT INTO flushed (queue) VALUES (?1);

-- name: firstFlushed
-- → queue
SELECT queue FROM flushed LIMIT 1;

-- name: deleteFlushed
-- queue
DELETE FROM flushed WHERE queue = ?1;

-- name: dueEvents
-- now, limit → seq, queue, state, expires or NULL, failures; the oldest end of a lease or delay first, of equals the first
-- pushed
SELECT seq, queue, state, expires, failures FROM events WHERE state > 0 AND due <= ?1 ORDER BY due, seq LIMIT ?2;

-- name: expiredEvents
-- now, limit → seq, queue, state, id; the oldest first
SELECT seq, queue, state, id FROM events WHERE expires IS NOT NULL AND expires > 0 AND expires <= ?1
ORDER BY expires LIMIT ?2;

-- name: markExpired
-- seq
UPDATE events SET expires = -expires WHERE seq = ?1;

-- name: nextExpiry
-- → the earliest expires that has not been seen, or NULL
SELECT min(expires) FROM events WHERE expires IS NOT NULL AND expires > 0;

-- name: freePages
-- → pages of the file that hold nothing
PRAGMA freelist_count;

-- name: releasePages
-- → a row for each page given back to the file system: only while they are fetched does it go on
PRAGMA incremental_vacuum(512);
