package io.holdfast.postgres.internal.ddl;

import io.holdfast.postgres.internal.Sql;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A statement, without a semicolon at its end, and where in it roles are named. Each mention is the
 * role's name as {@link Sql#quoteIdentifier} quotes it, so that another can be put in its place.
 *
 * @param sql the text
 * @param roles the mentions, in order
 * @param tablespace the tablespace that it moves something to, if that is all it does: it can be
 *     left out where there is no such tablespace
 */
public record SqlStatement(String sql, List<RoleMention> roles, Optional<String> tablespace) {
  /**
   * A mention of a role.
   *
   * @param role its name, unquoted
   * @param at where its quoted name begins, in UTF-16 code units
   */
  public record RoleMention(String role, int at) {}

  /** Copies the list. */
  public SqlStatement {
    roles = List.copyOf(roles);
  }

  /** A statement that moves nothing to a tablespace. */
  public SqlStatement(String sql, List<RoleMention> roles) {
    this(sql, roles, Optional.empty());
  }

  /** A statement that names no role. */
  public static SqlStatement of(String sql) {
    return new SqlStatement(sql, List.of());
  }

  /**
   * Moves something to a tablespace.
   *
   * @param what how {@code ALTER} names it: {@code INDEX public.users_pkey}
   */
  static SqlStatement toTablespace(String what, String tablespace) {
    return new SqlStatement(
        "ALTER " + what + " SET TABLESPACE " + Sql.quoteIdentifier(tablespace),
        List.of(),
        Optional.of(tablespace));
  }

  /** Begins a statement that names roles. */
  static Builder begin(String sql) {
    return new Builder().sql(sql);
  }

  /** Whether every mention stands where it should: a document may have been tampered with. */
  public boolean isConsistent() {
    int from = 0;
    for (RoleMention mention : roles) {
      String quoted = Sql.quoteIdentifier(mention.role);
      if (mention.at < from || !sql.startsWith(quoted, mention.at)) {
        return false;
      }
      from = mention.at + quoted.length();
    }
    return true;
  }

  /** The text with other roles in the place of those mentioned. */
  public String withRoles(UnaryOperator<String> mapping) {
    StringBuilder mapped = new StringBuilder();
    int from = 0;
    for (RoleMention mention : roles) {
      mapped.append(sql, from, mention.at).append(Sql.quoteIdentifier(mapping.apply(mention.role)));
      from = mention.at + Sql.quoteIdentifier(mention.role).length();
    }
    return mapped.append(sql.substring(from)).toString();
  }

  /** Writes a statement piece by piece. */
  static final class Builder {
    private final StringBuilder sql = new StringBuilder();
    private final List<RoleMention> roles = new ArrayList<>();

    private Builder() {}

    /** Text as it is. */
    Builder sql(String text) {
      sql.append(text);
      return this;
    }

    /** The name of a role. */
    Builder role(String name) {
      roles.add(new RoleMention(name, sql.length()));
      sql.append(Sql.quoteIdentifier(name));
      return this;
    }

    /** A role to grant to, or {@code PUBLIC} where the name is empty. */
    Builder grantee(String nameOrEmpty) {
      return nameOrEmpty.isEmpty() ? sql("PUBLIC") : role(nameOrEmpty);
    }

    /** A whole statement, with the roles that it names. */
    Builder statement(SqlStatement other) {
      other.roles.forEach(
          mention -> roles.add(new RoleMention(mention.role, sql.length() + mention.at)));
      return sql(other.sql);
    }

    SqlStatement build() {
      return new SqlStatement(sql.toString(), roles);
    }
  }
}
