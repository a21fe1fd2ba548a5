-- Brings a file from layout version 3 to version 4, which keeps what was said of queues as a whole.

CREATE TABLE policies (
  name BLOB NOT NULL UNIQUE,
  max_attempts INTEGER NOT NULL,
  dead_queue BLOB,
  backoff REAL NOT NULL,
  backoff_max REAL NOT NULL,
  max_length INTEGER NOT NULL,
  lease REAL NOT NULL,
  paused_until INTEGER NOT NULL
) STRICT;

PRAGMA user_version = 4;
