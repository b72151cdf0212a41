-- The transparency log under the entries: leaves, the hashes of the Merkle tree (RFC 9162), signed checkpoints. Append-only as well.

-- One row a leaf, of whatever kind; index 0 is the genesis leaf. The leaf of an entry commits to its token.
CREATE TABLE "leaf" (
    "log"   smallint NOT NULL,
    "index" bigint   NOT NULL CHECK ("index" >= 0),
    -- The exact bytes that are hashed.
    "leaf"  bytea    NOT NULL,
    PRIMARY KEY ("log", "index")
);

-- Hashes of tiles (C2SP tlog-tiles), write-once: each append adds the hashes that a tile gained, so a tile is its rows in the order of
-- "offset", 32 bytes a hash.
CREATE TABLE "tile_hashes" (
    "log"    smallint NOT NULL,
    "level"  smallint NOT NULL CHECK ("level" BETWEEN 0 AND 63),
    "tile"   bigint   NOT NULL,
    "offset" smallint NOT NULL CHECK ("offset" BETWEEN 0 AND 255),
    "hashes" bytea    NOT NULL CHECK (octet_length("hashes") BETWEEN 32 AND 8192 AND octet_length("hashes") % 32 = 0),
    PRIMARY KEY ("log", "level", "tile", "offset")
);

-- Every checkpoint that was signed, one an append.
CREATE TABLE "checkpoint" (
    "log"  smallint NOT NULL,
    "size" bigint   NOT NULL,
    -- A C2SP signed note.
    "note" text     NOT NULL,
    PRIMARY KEY ("log", "size")
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['leaf', 'tile_hashes', 'checkpoint'] LOOP
        EXECUTE format('CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', name);
        EXECUTE format('CREATE TRIGGER append_only_table BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER append_only_rows', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER append_only_table', name);
    END LOOP;
END
$$;
