-- The history of the keys that verified entries: under which names, since when, whether revoked; and of the trust configuration.

-- First and last use of a key, and its entries.
CREATE INDEX "entry_jkt_idx" ON "entry" ("log", "jkt", "index");

-- One row for every name that a key served under. When it was last used the entries tell.
CREATE TABLE "key_use" (
    "log"         smallint NOT NULL,
    "jkt"         text     NOT NULL,
    -- Index of the first entry that the key verified under this name.
    "first_index" bigint   NOT NULL,
    "iss"         text     NOT NULL,
    "kid"         text     NOT NULL,
    -- Where the key came from then; null when it was not kept.
    "source"      text,
    PRIMARY KEY ("log", "jkt", "first_index")
);

CREATE INDEX "key_use_first_index_idx" ON "key_use" ("log", "first_index");
CREATE INDEX "key_use_iss_idx" ON "key_use" ("log", "iss", "first_index");

INSERT INTO "key_use" ("log", "jkt", "first_index", "iss", "kid")
SELECT "log", "jkt", min("index"), "iss", "kid" FROM "entry" GROUP BY "log", "jkt", "iss", "kid";

-- Keys that were revoked by the administrator, in the order in which that was said. Whatever says the earliest time holds.
CREATE TABLE "key_revocation" (
    "log"           smallint NOT NULL,
    -- From 1 without a gap: who knows the greatest knows how many there are.
    "number"        bigint   NOT NULL CHECK ("number" >= 1),
    "jkt"           text     NOT NULL,
    -- Milliseconds since the epoch: nothing is recorded with the key from then on.
    "at_ms"         bigint   NOT NULL,
    "reason"        text     NOT NULL,
    PRIMARY KEY ("log", "number")
);

-- What the ledger trusted, one row a change. The first has no leaf of its own until there is a second: then it stands right before that one's.
CREATE TABLE "trust_configuration" (
    "log"            smallint NOT NULL,
    "number"         bigint   NOT NULL CHECK ("number" >= 1),
    -- Of its leaf; below 0 where none is owed, because nothing was recorded under the one before.
    "index"          bigint   CHECK (("index" IS NULL) = ("number" = 1)),
    -- The exact bytes whose hash the leaf holds.
    "configuration"  bytea    NOT NULL,
    "recorded_at_ms" bigint   NOT NULL,
    PRIMARY KEY ("log", "number")
);

CREATE UNIQUE INDEX "trust_configuration_index_key" ON "trust_configuration" ("log", "index");

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['key_use', 'key_revocation', 'trust_configuration'] LOOP
        EXECUTE format('CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', name);
        EXECUTE format('CREATE TRIGGER append_only_table BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER append_only_rows', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER append_only_table', name);
    END LOOP;
END
$$;
