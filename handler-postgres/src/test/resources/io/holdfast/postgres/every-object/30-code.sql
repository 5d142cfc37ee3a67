-- Functions
CREATE FUNCTION code.plain(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 3 AS 'SELECT a + b';
CREATE FUNCTION code.plain(a text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT a || '$' $$;
CREATE FUNCTION code.plain() RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION code.defaults(a int, b text DEFAULT 'it''s, (so)', c int[] DEFAULT ARRAY[1, 2]::int[], d timestamptz DEFAULT now(), VARIADIC e text[] DEFAULT '{}')
  RETURNS text LANGUAGE sql AS 'SELECT b';
CREATE FUNCTION code.outs(IN a int, OUT "Sum of" int, INOUT c text, OUT d types.mood) LANGUAGE plpgsql AS $fn$
-- A line that looks like a comment of pg_dump

BEGIN
  "Sum of" := a; -- $$ not the end $$
END
$fn$;
CREATE FUNCTION code.rows_of(a int) RETURNS TABLE ("x y" int, z text) LANGUAGE sql ROWS 17 COST 5000 AS $_$ SELECT a, '$body$ $_' || '_$'::text $_$;
CREATE FUNCTION code.set_of() RETURNS SETOF types.pair LANGUAGE plpgsql ROWS 3 AS 'BEGIN RETURN; END';
CREATE FUNCTION code.any_record() RETURNS SETOF record LANGUAGE sql AS 'SELECT 1, 2';
CREATE FUNCTION code.poly(anyelement, anyarray DEFAULT NULL) RETURNS anyelement LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION code.poly_range(anycompatible, anycompatiblerange) RETURNS anycompatiblearray LANGUAGE sql AS 'SELECT ARRAY[$1]';
CREATE FUNCTION code.settings() RETURNS int LANGUAGE plpgsql SECURITY DEFINER LEAKPROOF PARALLEL RESTRICTED CALLED ON NULL INPUT
  SET search_path = code, "we.ird ""s", '$user', pg_temp
  SET work_mem = '1MB'
  SET datestyle = iso, dmy
  SET "every.custom" = 'it''s \ a "value"'
  AS 'BEGIN RETURN 1; END';
CREATE FUNCTION code.empty_path() RETURNS int LANGUAGE sql SET search_path = '' AS 'SELECT 1';
CREATE FUNCTION code."weird "" fn.name"("select" int, "a ""b" "we.ird ""s".gbtreekey8) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION "SELECT"."from"() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION code.carriage_returns() RETURNS text LANGUAGE plpgsql AS E'BEGIN\r\n  RETURN ''\\\\ back\tslash'';\r\nEND\r\n';
CREATE FUNCTION code.series(int, int) RETURNS SETOF int LANGUAGE internal IMMUTABLE STRICT ROWS 500 SUPPORT generate_series_int4_support AS 'generate_series_int4';
CREATE FUNCTION code.own_rank() RETURNS bigint LANGUAGE internal WINDOW IMMUTABLE AS 'window_rank';
CREATE FUNCTION code.handler() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE FUNCTION code.inline_handler(internal) RETURNS void LANGUAGE c STRICT AS '$libdir/plpgsql', 'plpgsql_inline_handler';
CREATE FUNCTION code.validator(oid) RETURNS void LANGUAGE c STRICT AS '$libdir/plpgsql', 'plpgsql_validator';
CREATE FUNCTION code.twice(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
CREATE FUNCTION code.shout(text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS 'BEGIN RETURN pg_catalog.upper($1); END';
CREATE FUNCTION code.is_fine(text) RETURNS bool LANGUAGE sql IMMUTABLE AS $$ SELECT $1 <> 'bad' $$;
CREATE FUNCTION code.kept() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION code.seen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION code.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM 1; END';
CREATE FUNCTION code.with_extension(ext.hstore, ext.ltree) RETURNS ext.citext LANGUAGE sql AS 'SELECT NULL::ext.citext';
ALTER FUNCTION code.with_extension DEPENDS ON EXTENSION hstore;
COMMENT ON FUNCTION code.plain(int, int) IS E'first line\n-- second, like a comment\n\nfourth after an empty one; \\ and ''quotes''';
COMMENT ON FUNCTION code.plain() IS 'of none';
ALTER FUNCTION code.plain(text) OWNER TO every_owner;
ALTER FUNCTION code.settings OWNER TO every_app;
REVOKE ALL ON FUNCTION code.settings FROM PUBLIC;
GRANT EXECUTE ON FUNCTION code.settings TO every_reader WITH GRANT OPTION;
REVOKE ALL ON FUNCTION code.defaults FROM PUBLIC, postgres;
GRANT EXECUTE ON FUNCTION code."weird "" fn.name" TO "every ""odd"" Rolle, ü";

-- Procedures
CREATE PROCEDURE code.proceed(IN a int, INOUT b text DEFAULT 'x') LANGUAGE plpgsql AS 'BEGIN b := a; END';
CREATE PROCEDURE code.quietly() LANGUAGE sql SECURITY DEFINER SET lock_timeout = '5s' AS 'SELECT 1';
-- @since 14
CREATE PROCEDURE code.gives(a int, OUT b int, OUT c text) LANGUAGE plpgsql AS 'BEGIN b := a; END';
-- @all
COMMENT ON PROCEDURE code.proceed IS 'a procedure';
ALTER PROCEDURE code.quietly OWNER TO every_app;
REVOKE ALL ON PROCEDURE code.quietly FROM PUBLIC;

-- Functions with a parsed body
-- @since 14
CREATE FUNCTION code.atomic(a int, b text DEFAULT 'x') RETURNS int LANGUAGE sql IMMUTABLE RETURN code.plain(a, 2) + length(b);
CREATE FUNCTION code.atomic_block(n int) RETURNS SETOF types.mood LANGUAGE sql
BEGIN ATOMIC
  SELECT 'happy'::types.mood FROM generate_series(1, n) AS "the series";
  SELECT CASE WHEN n > 1 THEN 'last'::types.mood END;
END;
-- @since 14
CREATE PROCEDURE code.atomic_nothing() LANGUAGE sql BEGIN ATOMIC END;
-- @all

-- Languages
CREATE TRUSTED LANGUAGE every_language HANDLER code.handler INLINE code.inline_handler VALIDATOR code.validator;
ALTER LANGUAGE every_language OWNER TO every_owner;
CREATE LANGUAGE "unsafe One" HANDLER code.handler;
COMMENT ON LANGUAGE every_language IS 'plpgsql by another name';
REVOKE USAGE ON LANGUAGE every_language FROM PUBLIC;
GRANT USAGE ON LANGUAGE every_language TO every_app WITH GRANT OPTION;
CREATE FUNCTION code.in_own_language() RETURNS int LANGUAGE every_language AS 'BEGIN RETURN 1; END';
-- A member of an extension, and one of PostgreSQL's own.
REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
GRANT USAGE ON LANGUAGE plpgsql TO every_owner, every_app;
GRANT USAGE ON LANGUAGE sql TO every_reader;

-- Aggregates
CREATE FUNCTION code.join_step(text, text, VARIADIC int[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT concat($1, $2, $3::text) $$;
CREATE AGGREGATE code.least_of(int) (sfunc = int4smaller, stype = int, sortop = OPERATOR(pg_catalog.<), combinefunc = int4smaller, parallel = safe);
CREATE AGGREGATE code.total(int) (sfunc = int4_sum, stype = bigint, initcond = '0', parallel = restricted);
CREATE AGGREGATE code.joined(a text, VARIADIC "the Rest" int[]) (sfunc = code.join_step, stype = text, initcond = 'it''s \');
CREATE AGGREGATE code.average(numeric) (sfunc = numeric_avg_accum, stype = internal, sspace = 128, finalfunc = numeric_avg, combinefunc = numeric_avg_combine,
  serialfunc = numeric_avg_serialize, deserialfunc = numeric_avg_deserialize, parallel = safe,
  msfunc = numeric_avg_accum, minvfunc = numeric_accum_inv, mstype = internal, msspace = 128, mfinalfunc = numeric_avg);
CREATE AGGREGATE code.moving(int) (sfunc = int4_avg_accum, stype = int8[], finalfunc = int8_avg, finalfunc_modify = shareable, initcond = '{0,0}',
  msfunc = int4_avg_accum, minvfunc = int4_avg_accum_inv, mstype = int8[], mfinalfunc = int8_avg, mfinalfunc_modify = read_write, minitcond = '{0,0}');
CREATE AGGREGATE code.how_many(*) (sfunc = int8inc, stype = int8, initcond = '0');
CREATE AGGREGATE code.percentile(float8 ORDER BY anyelement) (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final, finalfunc_extra);
CREATE AGGREGATE code.rank(VARIADIC "any" ORDER BY VARIADIC "any") (sfunc = ordered_set_transition_multi, stype = internal, finalfunc = rank_final, finalfunc_extra, hypothetical);
-- @since 14
-- Before, array_append took other types, and no newer server would take the aggregate.
CREATE AGGREGATE code.collect(anycompatible) (sfunc = array_append, stype = anycompatiblearray, initcond = '{}');
-- @all
COMMENT ON AGGREGATE code.how_many(*) IS 'an aggregate of nothing';
COMMENT ON AGGREGATE code.percentile(float8 ORDER BY anyelement) IS 'an ordered-set aggregate';
ALTER AGGREGATE code.total(int) OWNER TO every_owner;
REVOKE ALL ON FUNCTION code.total(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION code.total(int) TO every_reader;

-- Operators, their classes and families
CREATE FUNCTION code.whole_lt(types.whole, types.whole) RETURNS bool LANGUAGE internal IMMUTABLE STRICT LEAKPROOF AS 'int4lt';
CREATE FUNCTION code.whole_le(types.whole, types.whole) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int4le';
CREATE FUNCTION code.whole_eq(types.whole, types.whole) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int4eq';
CREATE FUNCTION code.whole_ne(types.whole, types.whole) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int4ne';
CREATE FUNCTION code.whole_ge(types.whole, types.whole) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int4ge';
CREATE FUNCTION code.whole_gt(types.whole, types.whole) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int4gt';
CREATE FUNCTION code.whole_cmp(types.whole, types.whole) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'btint4cmp';
CREATE FUNCTION code.whole_hash(types.whole) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'hashint4';
CREATE FUNCTION code.whole_hash(types.whole, bigint) RETURNS bigint LANGUAGE internal IMMUTABLE STRICT AS 'hashint4extended';
CREATE FUNCTION code.whole_minus(types.whole) RETURNS types.whole LANGUAGE internal IMMUTABLE STRICT AS 'int4um';
CREATE FUNCTION code.whole_int_lt(types.whole, int) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int4lt';
CREATE FUNCTION code.whole_int_cmp(types.whole, int) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'btint4cmp';
CREATE FUNCTION code.label_eq(types.label, types.label) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'texteq';
CREATE OPERATOR code.< (FUNCTION = code.whole_lt, LEFTARG = types.whole, RIGHTARG = types.whole, COMMUTATOR = OPERATOR(code.>), NEGATOR = OPERATOR(code.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR code.<= (FUNCTION = code.whole_le, LEFTARG = types.whole, RIGHTARG = types.whole, COMMUTATOR = OPERATOR(code.>=), NEGATOR = OPERATOR(code.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR code.= (FUNCTION = code.whole_eq, LEFTARG = types.whole, RIGHTARG = types.whole, COMMUTATOR = OPERATOR(code.=), NEGATOR = OPERATOR(code.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR code.<> (FUNCTION = code.whole_ne, LEFTARG = types.whole, RIGHTARG = types.whole, COMMUTATOR = OPERATOR(code.<>), NEGATOR = OPERATOR(code.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR code.>= (FUNCTION = code.whole_ge, LEFTARG = types.whole, RIGHTARG = types.whole, COMMUTATOR = OPERATOR(code.<=), NEGATOR = OPERATOR(code.<), RESTRICT = scalargesel, JOIN = scalargejoinsel);
CREATE OPERATOR code.> (FUNCTION = code.whole_gt, LEFTARG = types.whole, RIGHTARG = types.whole, COMMUTATOR = OPERATOR(code.<), NEGATOR = OPERATOR(code.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
CREATE OPERATOR code.!-! (FUNCTION = code.whole_minus, RIGHTARG = types.whole);
CREATE OPERATOR code.<! (FUNCTION = code.whole_int_lt, LEFTARG = types.whole, RIGHTARG = int);
CREATE OPERATOR "we.ird ""s".=~@# (FUNCTION = code.label_eq, LEFTARG = types.label, RIGHTARG = types.label, COMMUTATOR = OPERATOR("we.ird ""s".=~@#));
-- It names an operator that does not exist: a shell.
CREATE OPERATOR "we.ird ""s".<%> (FUNCTION = code.whole_ne, LEFTARG = types.whole, RIGHTARG = types.whole, NEGATOR = OPERATOR("we.ird ""s".<%%>));
COMMENT ON OPERATOR code.!-! (NONE, types.whole) IS 'a prefix operator';
COMMENT ON OPERATOR code.= (types.whole, types.whole) IS 'equality';
ALTER OPERATOR code.= (types.whole, types.whole) OWNER TO every_owner;

CREATE OPERATOR FAMILY code.whole_order USING btree;
CREATE OPERATOR CLASS code.whole_up DEFAULT FOR TYPE types.whole USING btree FAMILY code.whole_order AS
  OPERATOR 1 code.<, OPERATOR 2 code.<=, OPERATOR 3 code.=, OPERATOR 4 code.>=, OPERATOR 5 code.>, FUNCTION 1 code.whole_cmp(types.whole, types.whole);
ALTER OPERATOR FAMILY code.whole_order USING btree ADD OPERATOR 1 code.<! (types.whole, int), FUNCTION 1 (types.whole, int) code.whole_int_cmp(types.whole, int);
CREATE OPERATOR CLASS code.own_order FOR TYPE int USING btree AS
  OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int), FUNCTION 2 btint4sortsupport(internal), FUNCTION 4 btequalimage(oid);
CREATE OPERATOR CLASS code.whole_hashed DEFAULT FOR TYPE types.whole USING hash AS
  OPERATOR 1 code.=, FUNCTION 1 code.whole_hash(types.whole), FUNCTION 2 code.whole_hash(types.whole, bigint);
CREATE OPERATOR FAMILY code.empty_family USING gin;
CREATE OPERATOR CLASS code.points FOR TYPE point USING gist AS
  OPERATOR 1 <<, OPERATOR 5 >>, OPERATOR 15 <-> (point, point) FOR ORDER BY pg_catalog.float_ops,
  FUNCTION 1 gist_point_consistent(internal, point, smallint, oid, internal), FUNCTION 2 gist_box_union(internal, internal), FUNCTION 3 gist_point_compress(internal),
  FUNCTION 5 gist_box_penalty(internal, internal, internal), FUNCTION 6 gist_box_picksplit(internal, internal), FUNCTION 7 gist_box_same(box, box, internal),
  FUNCTION 8 gist_point_distance(internal, point, smallint, oid, internal), FUNCTION 9 gist_point_fetch(internal), STORAGE box;
CREATE OPERATOR CLASS code."int Arrays" FOR TYPE int[] USING gin AS
  OPERATOR 1 && (anyarray, anyarray), OPERATOR 2 @> (anyarray, anyarray), OPERATOR 3 <@ (anyarray, anyarray), OPERATOR 4 = (anyarray, anyarray),
  FUNCTION 1 btint4cmp(int, int), FUNCTION 2 ginarrayextract(anyarray, internal, internal),
  FUNCTION 3 ginqueryarrayextract(anyarray, internal, smallint, internal, internal, internal, internal),
  FUNCTION 4 ginarrayconsistent(internal, smallint, anyarray, int, internal, internal, internal, internal), STORAGE int;
COMMENT ON OPERATOR CLASS code.whole_up USING btree IS 'an operator class';
COMMENT ON OPERATOR FAMILY code.whole_order USING btree IS 'a family';
ALTER OPERATOR CLASS code.points USING gist OWNER TO every_owner;
ALTER OPERATOR FAMILY code.empty_family USING gin OWNER TO every_owner;

-- Casts
CREATE FUNCTION code.whole_of(text) RETURNS types.whole LANGUAGE plpgsql IMMUTABLE STRICT AS 'BEGIN RETURN $1; END';
CREATE FUNCTION code.label_cut(types.label, int, bool) RETURNS types.label LANGUAGE internal IMMUTABLE STRICT AS 'varchar';
CREATE FUNCTION code.days(point) RETURNS date LANGUAGE sql IMMUTABLE AS $$ SELECT date '2000-01-01' + $1[0]::int $$;
CREATE CAST (types.whole AS int) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (int AS types.whole) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (text AS types.whole) WITH FUNCTION code.whole_of(text);
CREATE CAST (types.label AS types.label) WITH FUNCTION code.label_cut AS IMPLICIT;
CREATE CAST (text AS types.label) WITH INOUT AS ASSIGNMENT;
CREATE CAST (point AS date) WITH FUNCTION code.days AS ASSIGNMENT; -- between types of PostgreSQL itself
COMMENT ON CAST (types.whole AS int) IS 'of the same bits';

-- Transforms
CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION int4recv(internal));
CREATE FUNCTION code.transformed(int) RETURNS int TRANSFORM FOR TYPE int LANGUAGE sql AS 'SELECT $1';
COMMENT ON TRANSFORM FOR int LANGUAGE sql IS 'a transform';

-- Access methods
CREATE ACCESS METHOD every_heap TYPE TABLE HANDLER heap_tableam_handler;
CREATE ACCESS METHOD "every Tree" TYPE INDEX HANDLER bthandler;
COMMENT ON ACCESS METHOD every_heap IS 'heap by another name';
CREATE OPERATOR CLASS code.own_tree DEFAULT FOR TYPE int USING "every Tree" AS
  OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int);

-- Text search
CREATE TEXT SEARCH PARSER code.parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline);
CREATE TEXT SEARCH TEMPLATE code.template (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY code.dictionary (TEMPLATE = code.template);
CREATE TEXT SEARCH DICTIONARY code."German stems" (TEMPLATE = snowball, Language = german, StopWords = german);
CREATE TEXT SEARCH CONFIGURATION code.search (PARSER = code.parser);
ALTER TEXT SEARCH CONFIGURATION code.search ADD MAPPING FOR asciiword, word WITH code."German stems", code.dictionary;
ALTER TEXT SEARCH CONFIGURATION code.search ADD MAPPING FOR int WITH simple;
CREATE TEXT SEARCH CONFIGURATION code.copied (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION code.copied DROP MAPPING FOR url;
CREATE TEXT SEARCH CONFIGURATION code.unmapped (PARSER = default);
ALTER TEXT SEARCH CONFIGURATION code.search OWNER TO every_owner;
ALTER TEXT SEARCH DICTIONARY code.dictionary OWNER TO every_owner;
COMMENT ON TEXT SEARCH PARSER code.parser IS 'a parser';
COMMENT ON TEXT SEARCH TEMPLATE code.template IS 'a template';
COMMENT ON TEXT SEARCH DICTIONARY code.dictionary IS 'a dictionary';
COMMENT ON TEXT SEARCH CONFIGURATION code.search IS 'a configuration';
