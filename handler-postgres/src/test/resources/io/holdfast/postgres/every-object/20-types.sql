-- Collations
CREATE COLLATION types.posix (provider = libc, lc_collate = 'C', lc_ctype = 'POSIX');
CREATE COLLATION types."Same as C" FROM "C";
CREATE COLLATION types.phonebook (provider = icu, locale = 'de-u-co-phonebk');
CREATE COLLATION types.no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
-- @since 16
CREATE COLLATION types.ruled (provider = icu, locale = 'und', rules = '& V << w <<< W');
-- @since 17
CREATE COLLATION types.built_in (provider = builtin, locale = 'C.UTF-8');
-- @all
ALTER COLLATION types.phonebook OWNER TO every_owner;
COMMENT ON COLLATION types.no_case IS 'a = A';

-- Conversions
CREATE DEFAULT CONVERSION types.latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE CONVERSION types."back again" FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
ALTER CONVERSION types."back again" OWNER TO every_owner;
COMMENT ON CONVERSION types.latin IS 'the default between LATIN1 and UTF8';

-- Enums
CREATE TYPE types.mood AS ENUM ('sad', 'ok', 'happy');
ALTER TYPE types.mood ADD VALUE 'it''s' BEFORE 'sad';
ALTER TYPE types.mood ADD VALUE 'größe "x"' AFTER 'sad';
ALTER TYPE types.mood ADD VALUE '' BEFORE 'größe "x"';
ALTER TYPE types.mood ADD VALUE 'last';
ALTER TYPE types.mood RENAME VALUE 'ok' TO 'o\k';
CREATE TYPE types.nothing AS ENUM ();
CREATE TYPE types."Größe" AS ENUM ('S', 'M', 'L');
COMMENT ON TYPE types.mood IS E'Labels in an odd order\nand a comment of two lines: ''quoted''';
ALTER TYPE types."Größe" OWNER TO every_owner;
REVOKE USAGE ON TYPE types.mood FROM PUBLIC;
GRANT USAGE ON TYPE types.mood TO every_app WITH GRANT OPTION;

-- Composites
CREATE TYPE types.pair AS (a int, gone text, "B b" text COLLATE "C", c varchar(7) COLLATE types.phonebook, n numeric(6, 2)[]);
ALTER TYPE types.pair DROP ATTRIBUTE gone;
ALTER TYPE types.pair ADD ATTRIBUTE later timestamptz(3);
COMMENT ON COLUMN types.pair."B b" IS 'a column of a type';
COMMENT ON TYPE types.pair IS 'a pair of more than two';
CREATE TYPE types.nested AS (p types.pair, ps types.pair[], m types.mood);
CREATE TYPE types.nobody AS ();

-- Domains
CREATE DOMAIN types.email AS text COLLATE "C" DEFAULT 'nobody@example.org' CONSTRAINT has_at CHECK (value ~ '@') CONSTRAINT "not too long" CHECK (length(value) < 100);
ALTER DOMAIN types.email ADD CONSTRAINT lower_case CHECK (value = lower(value)) NOT VALID;
COMMENT ON DOMAIN types.email IS 'an address';
COMMENT ON CONSTRAINT has_at ON DOMAIN types.email IS 'a constraint of a domain';
CREATE DOMAIN types.small AS smallint NOT NULL DEFAULT 7 CHECK (value < 100);
CREATE DOMAIN types.smaller AS types.small CHECK (value < 50);
CREATE DOMAIN types.words AS text[] CHECK (cardinality(value) < 10);
CREATE DOMAIN types.pairs AS types.pair CHECK ((value).a > 0);
CREATE DOMAIN types.good_mood AS types.mood CHECK (value >= 'happy');
CREATE DOMAIN types.price AS numeric(12, 2);
CREATE DOMAIN types.no_case AS text COLLATE types.no_case;
ALTER DOMAIN types.price OWNER TO every_owner;
GRANT USAGE ON DOMAIN types.price TO every_reader;
CREATE TYPE types.of_domains AS (s types.smaller, w types.words);

-- Ranges
CREATE FUNCTION types.whole_distance(int, int) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ($1 - $2)::float8';
CREATE TYPE types.steps;
CREATE FUNCTION types.steps_canonical(types.steps) RETURNS types.steps LANGUAGE internal IMMUTABLE STRICT AS 'int4range_canonical';
CREATE TYPE types.steps AS RANGE (subtype = int, canonical = types.steps_canonical, subtype_diff = types.whole_distance);
CREATE TYPE types.floats AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TYPE types."text Range" AS RANGE (subtype = text, collation = "C", subtype_opclass = text_pattern_ops);
CREATE TYPE types.of_mail AS RANGE (subtype = types.email);
-- @since 14
CREATE TYPE types.times AS RANGE (subtype = time, multirange_type_name = types."many times");
ALTER TYPE types.times OWNER TO every_owner;
-- @all
COMMENT ON TYPE types.steps IS 'a range with a canonical form';

-- Base types
CREATE TYPE types.whole;
CREATE FUNCTION types.whole_in(cstring) RETURNS types.whole LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int4in';
CREATE FUNCTION types.whole_out(types.whole) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int4out';
CREATE FUNCTION types.whole_receive(internal) RETURNS types.whole LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int4recv';
CREATE FUNCTION types.whole_send(types.whole) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int4send';
CREATE TYPE types.whole (INPUT = types.whole_in, OUTPUT = types.whole_out, RECEIVE = types.whole_receive, SEND = types.whole_send,
  INTERNALLENGTH = 4, PASSEDBYVALUE, ALIGNMENT = int4, STORAGE = plain, CATEGORY = 'N', PREFERRED = false, DEFAULT = '42');
CREATE TYPE types.label;
CREATE FUNCTION types.label_in(cstring, oid, int) RETURNS types.label LANGUAGE internal IMMUTABLE STRICT AS 'varcharin';
CREATE FUNCTION types.label_out(types.label) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'varcharout';
CREATE TYPE types.label (INPUT = types.label_in, OUTPUT = types.label_out, TYPMOD_IN = varchartypmodin, TYPMOD_OUT = varchartypmodout,
  LIKE = varchar, CATEGORY = 'Q', DELIMITER = ';', COLLATABLE = true, STORAGE = main, DEFAULT = 'it''s');
COMMENT ON TYPE types.label IS 'a base type that takes a length';
ALTER TYPE types.label OWNER TO every_owner;
CREATE TYPE types.hollow;
COMMENT ON TYPE types.hollow IS 'a shell that never got its type';
