-- The embedded store, layout version 1. One process owns the file, so figures may be cached in memory; what stands here
-- is all that a restart needs.
--
-- Every number that changes while an event lives (place, due) takes six bytes in a record, and state takes none, so that
-- SQLite overwrites a moved event where it lies.

PRAGMA application_id = 0x6f6b7165; -- "okqe": tells our file from any other SQLite file
PRAGMA user_version = 1; -- this layout; a file with another number is refused

-- The queues that hold events. The row goes with the last event, so an empty queue leaves nothing behind. The figures
-- are written once in each transaction that changed them.
CREATE TABLE queues (
  id INTEGER PRIMARY KEY, -- stands for the name in events; never used again while an event bears it
  name BLOB NOT NULL UNIQUE,
  ready INTEGER NOT NULL, -- number of events with state 0
  leased INTEGER NOT NULL, -- number of events with state 1
  leftmost INTEGER NOT NULL, -- no event has a smaller place; the next push on the left gets one less
  rightmost INTEGER NOT NULL -- no event has a greater place; the next push on the right gets one more
) STRICT;

CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  queue INTEGER NOT NULL, -- queues.id
  state INTEGER NOT NULL, -- 0 ready, 1 leased
  place INTEGER NOT NULL, -- among the ready events of the queue the smallest is left-most
  due INTEGER NOT NULL, -- ms: when the lease ends; of a ready event, when it last became ready
  arrived INTEGER NOT NULL, -- ms: when it was pushed
  id BLOB NOT NULL,
  contents BLOB, -- NULL: the contents are in big_contents
  UNIQUE (queue, id)
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

-- An event is in exactly one of these two: the order of a queue, or the leases of all queues by their end.
CREATE INDEX ready ON events (queue, place) WHERE state = 0;
CREATE INDEX leased ON events (due) WHERE state = 1;
