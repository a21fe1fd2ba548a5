-- Brings a file from layout version 2 to version 3, which knows delayed and expiring events and counts deliveries.

ALTER TABLE queues ADD COLUMN delayed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN expires INTEGER;
ALTER TABLE events ADD COLUMN reason BLOB;

DROP INDEX leased;
CREATE INDEX timed ON events (due) WHERE state > 0;
CREATE INDEX expiring ON events (expires) WHERE expires IS NOT NULL;

PRAGMA user_version = 3;
