package io.holdfast.postgres.internal.ddl;

/** What the catalogs say of tables, as queries whose rows a rebuilt database gives again. */
final class RelationRows {
  /** Of each column of a table in schema {@code s}, in order, everything but its number. */
  static final String COLUMNS =
      """
      SELECT concat_ws('|', c.relname,
                       row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum), a.attname,
                       format_type(a.atttypid, a.atttypmod), a.attcollation::regcollation,
                       a.attnotnull, a.attislocal, a.attinhcount, a.attstorage, a.attstattarget,
                       a.attoptions, a.attacl, a.attidentity, a.attgenerated,
                       to_jsonb(a)->>'attcompression', pg_get_expr(d.adbin, d.adrelid),
                       col_description(c.oid, a.attnum))
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
       WHERE c.relnamespace = 's'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
       ORDER BY 1
      """;

  /** Of each constraint in schema {@code s}, everything but its OID. */
  static final String CONSTRAINTS =
      """
      SELECT concat_ws('|', conrelid::regclass, conname, contype, condeferrable, condeferred,
                       convalidated, conislocal, coninhcount, to_jsonb(k)->>'conenforced',
                       pg_get_constraintdef(k.oid), conindid::regclass,
                       obj_description(k.oid, 'pg_constraint'))
        FROM pg_constraint k WHERE connamespace = 's'::regnamespace ORDER BY 1
      """;

  /** Of each relation in schema {@code s}, everything but its OID and its files. */
  static final String RELATIONS =
      """
      SELECT concat_ws('|', c.relname, c.relkind, c.relpersistence, c.relowner::regrole, c.relacl,
                       c.reloptions, t.reloptions, am.amname, ts.spcname, c.relrowsecurity,
                       c.relforcerowsecurity, c.relreplident, c.relispartition,
                       pg_get_expr(c.relpartbound, c.oid),
                       CASE WHEN c.reloftype <> 0 THEN c.reloftype::regtype END,
                       obj_description(c.oid, 'pg_class'))
        FROM pg_class c
        LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
        LEFT JOIN pg_am am ON am.oid = c.relam
        LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
       WHERE c.relnamespace = 's'::regnamespace ORDER BY 1
      """;

  /** Of each index in schema {@code s}. */
  static final String INDEXES =
      """
      SELECT concat_ws('|', i.indexrelid::regclass, i.indisvalid, i.indisclustered,
                       i.indisreplident, i.indisprimary, h.inhparent::regclass,
                       pg_get_indexdef(i.indexrelid), obj_description(i.indexrelid, 'pg_class'))
        FROM pg_index i
        JOIN pg_class c ON c.oid = i.indexrelid
        LEFT JOIN pg_inherits h ON h.inhrelid = i.indexrelid
       WHERE c.relnamespace = 's'::regnamespace ORDER BY 1
      """;

  /** Of each sequence in schema {@code s}, with the column that it belongs to. */
  static final String SEQUENCES =
      """
      SELECT concat_ws('|', c.relname, format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement,
                       s.seqmin, s.seqmax, s.seqcache, s.seqcycle, d.deptype,
                       d.refobjid::regclass, d.refobjsubid)
        FROM pg_sequence s
        JOIN pg_class c ON c.oid = s.seqrelid
        LEFT JOIN pg_depend d
          ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
       WHERE c.relnamespace = 's'::regnamespace ORDER BY 1
      """;

  private RelationRows() {}
}
