-- Shared replay detection: which tokens verifiers saw, each for a time. Not part of the ledger: rows are taken over and removed.
-- Logged, not UNLOGGED: after a crash an unlogged table is empty, and every token that was seen could be replayed.

CREATE TABLE "replay" (
    "log"              smallint NOT NULL,
    "jti"              uuid     NOT NULL,
    -- Whose tokens these are; empty when none was named.
    "scope"            text     COLLATE "C" NOT NULL,
    -- Milliseconds since the epoch by the database's clock, the one that all instances share.
    "first_seen_at_ms" bigint   NOT NULL,
    "expires_at_ms"    bigint   NOT NULL,
    PRIMARY KEY ("log", "jti", "scope")
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX "replay_expiry_idx" ON "replay" ("log", "expires_at_ms");
