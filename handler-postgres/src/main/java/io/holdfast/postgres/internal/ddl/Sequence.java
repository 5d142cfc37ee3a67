package io.holdfast.postgres.internal.ddl;

import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A sequence as the catalogs describe it.
 *
 * @param oid its OID
 * @param schema its schema, unquoted
 * @param name its name, unquoted
 * @param quoted both, for a statement
 * @param type its type
 * @param unlogged whether its state is lost in a crash
 * @param owner its owner
 * @param owningTable OID of the table whose column it belongs to; 0 if it belongs to none
 * @param owningColumn number of that column
 * @param ownedBy the column for a statement, {@code public.users.id}
 * @param collection the table's collection name, or its own
 * @param acl its access control list
 * @param initialAcl what it has when it has just been created
 */
record Sequence(
    long oid,
    String schema,
    String name,
    String quoted,
    String type,
    long start,
    long increment,
    long minimum,
    long maximum,
    long cache,
    boolean cycle,
    boolean unlogged,
    String owner,
    long owningTable,
    int owningColumn,
    Optional<String> ownedBy,
    String collection,
    @Nullable Array acl,
    Array initialAcl) {
  private static final String SEQUENCES =
      """
      SELECT c.oid::bigint, n.nspname, c.relname,
             quote_ident(n.nspname) || '.' || quote_ident(c.relname),
             format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax,
             s.seqcache, s.seqcycle, c.relpersistence = 'u', pg_get_userbyid(c.relowner),
             coalesce(t.oid::bigint, 0), coalesce(d.refobjsubid, 0),
             quote_ident(tn.nspname) || '.' || quote_ident(t.relname),
             quote_ident(a.attname), c.relacl::text[], acldefault('s', c.relowner)::text[]
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid
        LEFT JOIN pg_catalog.pg_depend d
          ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
             AND d.objsubid = 0 AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
             AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
        LEFT JOIN pg_catalog.pg_class t ON t.oid = d.refobjid
        LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
        LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
       WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND %s
         AND coalesce(d.deptype = 'i', false) = %b
      """;

  /** Takes a sequence. */
  @FunctionalInterface
  interface Consumer {
    void accept(Sequence sequence) throws SQLException;
  }

  /** Reads those that make identity columns, or all others; those of extensions are left out. */
  static void read(CaptureContext context, boolean identity, Consumer consumer)
      throws SQLException {
    context.query(
        SEQUENCES.formatted(CaptureContext.userSchema("n.nspname"), identity),
        row -> {
          Sequence sequence = of(row);
          if (!context.belongsToExtension(sequence.address())) {
            consumer.accept(sequence);
          }
        });
  }

  private static Sequence of(ResultSet row) throws SQLException {
    String quoted = row.getString(4);
    Optional<String> table = Optional.ofNullable(row.getString(16));
    String column = row.getString(17);
    return new Sequence(
        row.getLong(1),
        row.getString(2),
        row.getString(3),
        quoted,
        row.getString(5),
        row.getLong(6),
        row.getLong(7),
        row.getLong(8),
        row.getLong(9),
        row.getLong(10),
        row.getBoolean(11),
        row.getBoolean(12),
        row.getString(13),
        row.getLong(14),
        row.getInt(15),
        table.map(name -> name + "." + column),
        table.orElse(quoted),
        row.getArray(18),
        row.getArray(19));
  }

  Address address() {
    return Address.relation(oid);
  }

  /** The options that are not what they would be anyway, each after a space. */
  String options() {
    StringBuilder options = new StringBuilder();
    boolean down = increment < 0;
    if (start != (down ? maximum : minimum)) {
      options.append(" START WITH ").append(start);
    }
    if (increment != 1) {
      options.append(" INCREMENT BY ").append(increment);
    }
    if (minimum != (down ? least() : 1)) {
      options.append(" MINVALUE ").append(minimum);
    }
    if (maximum != (down ? -1 : greatest())) {
      options.append(" MAXVALUE ").append(maximum);
    }
    if (cache != 1) {
      options.append(" CACHE ").append(cache);
    }
    if (cycle) {
      options.append(" CYCLE");
    }
    return options.toString();
  }

  private long greatest() {
    return switch (type) {
      case "smallint" -> Short.MAX_VALUE;
      case "integer" -> Integer.MAX_VALUE;
      default -> Long.MAX_VALUE;
    };
  }

  private long least() {
    return -greatest() - 1;
  }
}
