-- Brings a file from layout version 1 to version 2, which has no index of ids and one more of places.

CREATE TABLE events_2 (
  seq INTEGER PRIMARY KEY,
  queue INTEGER NOT NULL,
  state INTEGER NOT NULL,
  place INTEGER NOT NULL,
  due INTEGER NOT NULL,
  arrived INTEGER NOT NULL,
  id BLOB NOT NULL,
  contents BLOB
) STRICT;

INSERT INTO events_2 SELECT seq, queue, state, place, due, arrived, id, contents FROM events;
DROP TABLE events; -- and with it its indexes and its trigger
ALTER TABLE events_2 RENAME TO events;

CREATE TRIGGER drop_big_contents AFTER DELETE ON events WHEN old.contents IS NULL BEGIN
  DELETE FROM big_contents WHERE seq = old.seq;
END;

CREATE INDEX places ON events (queue, state DESC, place DESC);
CREATE INDEX leased ON events (due) WHERE state = 1;

PRAGMA user_version = 2;
