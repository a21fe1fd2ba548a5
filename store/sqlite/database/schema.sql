-- The embedded store, layout version 4. One process owns the file, so figures may be cached in memory; what stands here
-- is all that a restart needs.
--
-- Every number that changes while an event lives (place, due) takes six bytes in a record, and state takes none, so that
-- SQLite overwrites a moved event where it lies.

PRAGMA application_id = 0x6f6b7165; -- "okqe": tells our file from any other SQLite file
PRAGMA user_version = 4; -- this layout; open.ts brings older files up to date and refuses others

-- The queues that hold events. The row goes with the last event, so an empty queue leaves nothing behind. The figures
-- are written once in each transaction that changed them.
CREATE TABLE queues (
  id INTEGER PRIMARY KEY, -- stands for the name in events; never used again while an event bears it
  name BLOB NOT NULL UNIQUE,
  ready INTEGER NOT NULL, -- number of events with state 0
  leased INTEGER NOT NULL, -- number of events with state 1
  leftmost INTEGER NOT NULL, -- no event has a smaller place; the next push on the left gets one less
  rightmost INTEGER NOT NULL, -- no event has a greater place; the next push on the right gets one more
  delayed INTEGER NOT NULL DEFAULT 0 -- number of events with state 2 or 3
) STRICT;

CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  queue INTEGER NOT NULL, -- queues.id
  state INTEGER NOT NULL, -- 0 ready, 1 leased, 2 delayed and to enter on the left, 3 likewise on the right
  place INTEGER NOT NULL, -- among the ready events of the queue the smallest is left-most; of others it says nothing
  due INTEGER NOT NULL, -- ms: when the lease or the delay ends; of a ready event, when it last became ready
  arrived INTEGER NOT NULL, -- ms: when it was pushed
  id BLOB NOT NULL, -- one of its own within the queue; ids.ts sees to that, and says why no index does
  contents BLOB, -- NULL: the contents are in big_contents
  failures INTEGER NOT NULL DEFAULT 0, -- how many deliveries have ended without an acknowledgement
  expires INTEGER, -- ms: when its time is up, below zero once that has been seen of a leased event; NULL: never
  reason BLOB -- why the last delivery failed, if that was said
) STRICT;

-- Contents too big to be rewritten each time their event is leased or comes back.
CREATE TABLE big_contents (
  seq INTEGER PRIMARY KEY, -- events.seq
  contents BLOB NOT NULL
) STRICT;

CREATE TRIGGER drop_big_contents AFTER DELETE ON events WHEN old.contents IS NULL BEGIN
  DELETE FROM big_contents WHERE seq = old.seq;
END;

-- Numbers of queues that were flushed when they held very many events. No queue has them any more, so nobody sees those
-- events; they are removed bit by bit.
CREATE TABLE flushed (
  queue INTEGER PRIMARY KEY -- events.queue
) STRICT;

-- What was said of queues as a whole. The row goes when nothing is said any more.
CREATE TABLE policies (
  name BLOB NOT NULL UNIQUE, -- of the queue, which need not hold events
  max_attempts INTEGER NOT NULL, -- after how many failures an event goes to the dead queue; 0: never
  dead_queue BLOB, -- its name; NULL: that of the queue and ":dead"
  backoff REAL NOT NULL, -- ms that an event is kept back after its first failure
  backoff_max REAL NOT NULL, -- ms that it is kept back at the most; 0: no bound
  max_length INTEGER NOT NULL, -- how many events the queue may hold; 0: any number
  lease REAL NOT NULL, -- ms, if the consumer does not say
  paused_until INTEGER NOT NULL -- ms: when it hands out events again; 0: it does now
) STRICT;

-- The order of the events of a queue, each state by itself. Descending, so that a push on the left enters at the end of
-- its queue's part, which is cheapest, and a pop moves its entry by nothing: from the first of the ready to the last of
-- the leased.
CREATE INDEX places ON events (queue, state DESC, place DESC);
-- The leases and delays of all queues by their end.
CREATE INDEX timed ON events (due) WHERE state > 0;
-- The events of all queues whose time will be up.
CREATE INDEX expiring ON events (expires) WHERE expires IS NOT NULL;
