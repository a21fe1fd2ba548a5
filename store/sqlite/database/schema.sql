-- One process owns the file, so counts may be cached in memory; the tables hold what a restart needs.
--
-- Numbers that change while an event lives (place, due) take six bytes in a record, and state takes none, so that
-- SQLite overwrites a changed event in place.

PRAGMA application_id = 0x6f6b7165; -- "okqe"
PRAGMA user_version = 7; -- database.ts refuses others

-- Queues that hold events. The row is deleted with the last event. Counts are written once in each transaction that
-- changed them.
CREATE TABLE queues (
  id INTEGER PRIMARY KEY, -- of the name in events; not reused while an event has it
  name BLOB NOT NULL UNIQUE,
  ready INTEGER NOT NULL, -- events with state 0
  leased INTEGER NOT NULL, -- events with state 1
  leftmost INTEGER NOT NULL, -- no smaller place is in use; a push on the left gets one less
  rightmost INTEGER NOT NULL, -- no greater place is in use; a push on the right gets one more
  delayed INTEGER NOT NULL DEFAULT 0, -- events with state 2 or 3
  blocked INTEGER NOT NULL DEFAULT 0 -- events with state -1
) STRICT;

CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  queue INTEGER NOT NULL, -- queues.id
  state INTEGER NOT NULL, -- -1 blocked, 0 ready, 1 leased, 2 delayed to enter on the left, 3 on the right
  -- Position among the ready events, ascending from left to right; of a blocked one, its turn; else unused.
  place INTEGER NOT NULL,
  due INTEGER NOT NULL, -- ms: end of the lease or delay; of a ready event, when it last became ready
  arrived INTEGER NOT NULL, -- ms: when it was pushed
  id BLOB NOT NULL, -- unique within the queue: id_index.ts checks that, and says why there is no index
  contents BLOB, -- NULL: the contents are in big_contents
  failures INTEGER NOT NULL DEFAULT 0, -- deliveries that ended without an acknowledgement
  expires INTEGER, -- ms: end of its time to live, negated once reclaim saw it end during a lease; NULL: never
  reason BLOB, -- why the last delivery failed; NULL: unknown
  group_key BLOB, -- NULL: it has no group
  -- Unique in the queue. Of a group's blocked events the one with the greatest turn is next: group_table.ts knows them, so
  -- there is no index. NULL: without a group, or one in which it takes no place: a dead letter, or delayed by its push.
  turn INTEGER,
  meta BLOB -- last, because it may be long; NULL: none
) STRICT;

-- Contents too big to be rewritten each time their event is leased or returned.
CREATE TABLE big_contents (
  seq INTEGER PRIMARY KEY, -- events.seq
  contents BLOB NOT NULL
) STRICT;

CREATE TRIGGER drop_big_contents AFTER DELETE ON events WHEN old.contents IS NULL BEGIN
  DELETE FROM big_contents WHERE seq = old.seq;
END;

-- Ids of acknowledged events.
CREATE TABLE remembered (
  memory INTEGER NOT NULL, -- stands for the queue; below 0, so that it is no id of a queue; not reused while there is a row
  id BLOB NOT NULL,
  until INTEGER NOT NULL, -- ms
  PRIMARY KEY (memory, id)
) STRICT, WITHOUT ROWID;

-- Remembered ids by the time when they are forgotten.
CREATE INDEX forgetting ON remembered (until);

-- Ids of large queues that were flushed, and of what they remembered. No row of queues or policies has them any more, so
-- their rows are out of reach; the sweeper deletes them in steps.
CREATE TABLE flushed (
  queue INTEGER PRIMARY KEY -- events.queue or remembered.memory
) STRICT;

-- Policies and pauses. The row is deleted when all fields have their defaults.
CREATE TABLE policies (
  name BLOB NOT NULL UNIQUE, -- the queue need not hold events
  max_attempts INTEGER NOT NULL, -- failures after which an event moves to the dead queue; 0: never
  dead_queue BLOB, -- NULL: the queue's name and ":dead"
  backoff REAL NOT NULL, -- ms: delay after the first failure
  backoff_max REAL NOT NULL, -- ms; 0: no limit
  max_length INTEGER NOT NULL, -- 0: no limit
  lease REAL NOT NULL, -- ms
  paused_until INTEGER NOT NULL, -- ms; 0: not paused
  group_limit INTEGER NOT NULL,
  remember REAL NOT NULL, -- ms; 0: not at all
  max_processing INTEGER NOT NULL, -- 0: no limit
  rate REAL NOT NULL, -- events a second; 0: no limit
  memory INTEGER -- remembered.memory; NULL: no ids are remembered
) STRICT;

-- Timetables. The queue need not hold events.
CREATE TABLE timetables (
  queue BLOB NOT NULL,
  name BLOB NOT NULL,
  expression TEXT NOT NULL,
  zone TEXT NOT NULL,
  group_key BLOB, -- of its events; NULL: none
  meta BLOB, -- of its events; NULL: none
  next INTEGER NOT NULL, -- ms: when its next event is to be pushed
  last INTEGER, -- ms: when its last event was pushed; NULL: none was
  contents BLOB NOT NULL,
  UNIQUE (queue, name)
) STRICT;

-- Timetables by their next time.
CREATE INDEX schedule ON timetables (next);

-- The order of each queue's events of each state. Descending, so that a push on the left appends to the part of its
-- queue, which is cheapest, and a pop does not move the index entry: from the first ready event to the last leased one.
CREATE INDEX places ON events (queue, state DESC, place DESC);
-- Leases and delays of a queue by their end.
CREATE INDEX timed ON events (queue, due) WHERE state > 0;
-- Times to live of a queue by their end.
CREATE INDEX expiring ON events (queue, expires) WHERE expires IS NOT NULL;
