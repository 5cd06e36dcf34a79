CREATE INDEX events_messages ON events (session_id, seq) WHERE type = 'message';

CREATE INDEX events_summaries ON events (session_id, seq) WHERE type = 'summary';

CREATE INDEX lease_tickets_by_session ON lease_tickets (session_id, number);

CREATE INDEX removals_by_revision ON removals (revision);

CREATE INDEX sessions_by_creation ON sessions (created_at, id);

CREATE UNIQUE INDEX sessions_by_label ON sessions (label) WHERE label IS NOT NULL AND trashed_at IS NULL;

CREATE INDEX sessions_by_parent ON sessions (parent_id, created_at, id) WHERE parent_id IS NOT NULL;

CREATE UNIQUE INDEX sessions_by_revision ON sessions (revision);

CREATE INDEX sessions_by_status ON sessions (status, created_at, id)
    WHERE archived_at IS NULL AND trashed_at IS NULL;

CREATE INDEX sessions_by_user ON sessions (user_id, created_at, id) WHERE user_id IS NOT NULL;

CREATE INDEX sessions_by_workspace ON sessions (workspace, created_at, id) WHERE workspace IS NOT NULL;

CREATE INDEX sessions_counted ON sessions (status, kind) WHERE archived_at IS NULL AND trashed_at IS NULL;

CREATE INDEX sessions_in_trash ON sessions (trashed_at) WHERE trashed_at IS NOT NULL;

CREATE INDEX sessions_of_runs ON sessions (created_at, id) WHERE kind = 'workflow';

CREATE TABLE events (
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    type TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (session_id, seq)
  ) STRICT;

CREATE TABLE lease_tickets (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    owner TEXT NOT NULL,
    until INTEGER NOT NULL
  ) STRICT;

CREATE TABLE leases (
    session_id TEXT PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    token TEXT NOT NULL UNIQUE,
    fence INTEGER NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    ttl INTEGER NOT NULL,
    acquired_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;

CREATE TABLE removals (
    id TEXT PRIMARY KEY,
    revision INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    label TEXT,
    title TEXT NOT NULL,
    mode TEXT NOT NULL,
    task TEXT NOT NULL,
    status TEXT NOT NULL,
    iterations INTEGER NOT NULL CHECK (iterations <= max_iterations),
    max_iterations INTEGER NOT NULL,
    user_id TEXT,
    channel_id TEXT,
    agent_id TEXT,
    parent_id TEXT,
    workspace TEXT,
    context TEXT NOT NULL,
    result TEXT,
    error TEXT,
    model TEXT,
    provider TEXT,
    tokens_input INTEGER NOT NULL,
    tokens_output INTEGER NOT NULL,
    tokens_cache_read INTEGER NOT NULL,
    tokens_cache_write INTEGER NOT NULL,
    tokens_total INTEGER NOT NULL,
    cost_usd REAL,
    tool_calls INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    tools_used TEXT NOT NULL,
    blocked_actions TEXT NOT NULL,
    metadata TEXT NOT NULL,
    pausing INTEGER NOT NULL,
    forked_from TEXT,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    ended_at INTEGER,
    archived_at INTEGER,
    last_seq INTEGER NOT NULL,
    iteration_open INTEGER NOT NULL
  , pause_reason TEXT, trashed_at INTEGER) STRICT;

CREATE TABLE sqlite_sequence(name,seq);

CREATE TABLE store_state (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    id TEXT NOT NULL,
    revision INTEGER NOT NULL
  , fence INTEGER NOT NULL DEFAULT 0) STRICT;
