-- The ledger: append-only, one total order. `log` leads every key, so that several logs can share or split a database one day.

-- One row an entry, kept for ever. `index` is the position among all leaves, assigned under the log's lock, never by a sequence.
-- Index 0 is left for the genesis leaf of the transparency log.
CREATE TABLE "entry" (
    "log"               smallint NOT NULL,
    "index"             bigint   NOT NULL CHECK ("index" >= 1),
    "jti"               uuid     NOT NULL,
    "wid"               uuid,
    -- How many entries the workflow has with this one; null without a workflow.
    "workflow_position" bigint   CHECK (("workflow_position" IS NULL) = ("wid" IS NULL)),
    "iss"               text     NOT NULL,
    "exec_act"          text     NOT NULL,
    "iat"               bigint   NOT NULL,
    "pol_decision"      text,
    -- As the token names them, in its order.
    "parents"           uuid[]   NOT NULL,
    "profile"           text     NOT NULL,
    "alg"               text     NOT NULL,
    "kid"               text     NOT NULL,
    "jkt"               text     NOT NULL,
    -- SHA-256 of the compact JWS.
    "digest"            bytea    NOT NULL CHECK (octet_length("digest") = 32),
    -- Milliseconds since the epoch; never decreases with the index.
    "recorded_at_ms"    bigint   NOT NULL,
    PRIMARY KEY ("log", "index")
);

CREATE UNIQUE INDEX "entry_task_key" ON "entry" ("log", "jti", "wid") NULLS NOT DISTINCT;
CREATE INDEX "entry_workflow_idx" ON "entry" ("log", "wid", "index") WHERE "wid" IS NOT NULL;
CREATE INDEX "entry_workflow_issuer_idx" ON "entry" ("log", "wid", "iss") WHERE "wid" IS NOT NULL;
CREATE INDEX "entry_workflow_start_idx" ON "entry" ("log", "index") WHERE "workflow_position" = 1;
CREATE INDEX "entry_recorded_at_idx" ON "entry" ("log", "recorded_at_ms", "index");
CREATE INDEX "entry_iss_idx" ON "entry" ("log", "iss", "index");
CREATE INDEX "entry_exec_act_idx" ON "entry" ("log", "exec_act", "index");
CREATE INDEX "entry_kid_idx" ON "entry" ("log", "kid", "index");
CREATE INDEX "entry_pol_decision_idx" ON "entry" ("log", "pol_decision", "index") WHERE "pol_decision" IS NOT NULL;

-- The tokens, apart from the entries: a body may have to be erased one day, its entry never.
CREATE TABLE "token" (
    "log"   smallint NOT NULL,
    "index" bigint   NOT NULL,
    -- The compact JWS, byte for byte.
    "ect"   bytea    NOT NULL,
    PRIMARY KEY ("log", "index")
);

-- Parent edges, by index: a parent's is always below its child's.
CREATE TABLE "edge" (
    "log"    smallint NOT NULL,
    "child"  bigint   NOT NULL,
    "parent" bigint   NOT NULL CHECK ("parent" < "child"),
    PRIMARY KEY ("log", "child", "parent")
);

CREATE INDEX "edge_parent_idx" ON "edge" ("log", "parent", "child");

-- The public keys that verified entries, so that old entries stay verifiable after a rotation.
CREATE TABLE "verification_key" (
    "log" smallint NOT NULL,
    -- RFC 7638 SHA-256 thumbprint, base64url.
    "jkt" text     NOT NULL,
    "jwk" text     NOT NULL,
    PRIMARY KEY ("log", "jkt")
);

CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on "%" refused: the ledger is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

-- ENABLE ALWAYS: also where session_replication_role is replica.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['entry', 'token', 'edge', 'verification_key'] LOOP
        EXECUTE format('CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', name);
        EXECUTE format('CREATE TRIGGER append_only_table BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER append_only_rows', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER append_only_table', name);
    END LOOP;
END
$$;
