package io.holdfast.postgres.internal.ddl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.postgres.internal.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * What is said of a database as a whole: parameters that sessions in it begin with, its comment,
 * and who may use it. It can be said of any database, whatever its name and its owner. Parameters
 * that begin with {@code holdfast.} say what a database is for, so they never leave it.
 *
 * @param owner its owner
 * @param acl its access control list; what every database has, if nothing was granted or revoked
 * @param granted whether anything was ever granted or revoked
 * @param comment its comment
 * @param parameters the parameters, those of all roles first
 */
public record DatabaseSettings(
    String owner,
    List<String> acl,
    boolean granted,
    Optional<String> comment,
    List<Parameter> parameters) {
  private static final String OWN_PREFIX = "holdfast.";

  private static final String DATABASE =
      """
      SELECT pg_get_userbyid(d.datdba), coalesce(d.datacl, acldefault('d', d.datdba))::text[],
             d.datacl IS NOT NULL, shobj_description(d.oid, 'pg_database')
        FROM pg_catalog.pg_database d WHERE d.datname = current_database()
      """;

  private static final String PARAMETERS =
      """
      SELECT r.rolname, c.setting
        FROM pg_catalog.pg_database d
        JOIN pg_catalog.pg_db_role_setting s ON s.setdatabase = d.oid
        LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
       CROSS JOIN LATERAL unnest(s.setconfig) WITH ORDINALITY AS c(setting, place)
       WHERE d.datname = current_database() AND (s.setrole = 0 OR r.rolname IS NOT NULL)
       ORDER BY r.rolname COLLATE "C" NULLS FIRST, c.place
      """;

  /** Copies the lists. */
  public DatabaseSettings {
    acl = List.copyOf(acl);
    parameters = List.copyOf(parameters);
  }

  /**
   * A parameter with which sessions begin.
   *
   * @param role the role whose sessions; empty for all
   * @param name its name
   * @param value its value, as the catalogs hold it
   */
  public record Parameter(Optional<String> role, String name, String value) {
    private boolean isOfHoldfast() {
      return name.toLowerCase(Locale.ROOT).startsWith(OWN_PREFIX);
    }

    private boolean isSameName(Parameter other) {
      return role.equals(other.role) && name.equalsIgnoreCase(other.name);
    }

    private SqlStatement.Builder alter(String database) {
      SqlStatement.Builder alter = SqlStatement.begin("ALTER ");
      role.ifPresent(name -> alter.sql("ROLE ").role(name).sql(" IN "));
      return alter.sql("DATABASE " + Sql.quoteIdentifier(database) + " ");
    }

    private SqlStatement set(String database) {
      return alter(database)
          .sql("SET " + Sql.quoteIdentifier(name) + " TO " + ParameterValue.toSql(name, value))
          .build();
    }

    private SqlStatement reset(String database) {
      return alter(database).sql("RESET " + Sql.quoteIdentifier(name)).build();
    }
  }

  /** Reads those of the connection's database. */
  public static DatabaseSettings capture(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      List<Parameter> parameters = new ArrayList<>();
      try (ResultSet row = statement.executeQuery(PARAMETERS)) {
        while (row.next()) {
          String setting = row.getString(2);
          int equals = setting.indexOf('=');
          parameters.add(
              new Parameter(
                  Optional.ofNullable(row.getString(1)),
                  setting.substring(0, equals),
                  setting.substring(equals + 1)));
        }
      }
      try (ResultSet row = statement.executeQuery(DATABASE)) {
        row.next();
        return new DatabaseSettings(
            row.getString(1),
            List.of((String[]) row.getArray(2).getArray()),
            row.getBoolean(3),
            Optional.ofNullable(row.getString(4)),
            parameters.stream().filter(parameter -> !parameter.isOfHoldfast()).toList());
      }
    }
  }

  /**
   * The statements that say of a database what is said here: parameters and comment.
   *
   * @param database its name
   * @param present what is said of it now
   * @param replace whether parameters and a comment that are not said here go
   */
  public List<SqlStatement> statements(String database, DatabaseSettings present, boolean replace) {
    List<SqlStatement> statements = new ArrayList<>();
    if (replace) {
      present.parameters.stream()
          .filter(old -> !old.isOfHoldfast() && parameters.stream().noneMatch(old::isSameName))
          .forEach(old -> statements.add(old.reset(database)));
    }
    parameters.stream()
        .filter(parameter -> !parameter.isOfHoldfast() && !present.parameters.contains(parameter))
        .forEach(parameter -> statements.add(parameter.set(database)));
    if (!comment.equals(present.comment) && (replace || comment.isPresent())) {
      statements.add(
          SqlStatement.of(
              "COMMENT ON DATABASE "
                  + Sql.quoteIdentifier(database)
                  + " IS "
                  + comment.map(Sql::quoteLiteral).orElse("NULL")));
    }
    return statements;
  }

  /**
   * The statements that make the privileges on a database those of this one; none if nothing was
   * ever granted or revoked here. What the owner has or gave here, the other's owner has and gives.
   *
   * @param database its name
   * @param present what is said of it now
   */
  public List<SqlStatement> grants(String database, DatabaseSettings present) {
    if (!granted) {
      return List.of();
    }
    return Acl.grants(
        "DATABASE " + Sql.quoteIdentifier(database),
        withRoles(role -> role.equals(owner) ? present.owner : role).items(),
        present.items(),
        "CTc",
        present.owner);
  }

  private List<Acl.Item> items() {
    return acl.stream().map(Acl.Item::parse).toList();
  }

  /** The same, with other roles in the place of those named. */
  public DatabaseSettings withRoles(UnaryOperator<String> mapping) {
    return new DatabaseSettings(
        mapping.apply(owner),
        items().stream().map(item -> item.withRoles(mapping).text()).toList(),
        granted,
        comment,
        parameters.stream()
            .map(
                parameter ->
                    new Parameter(parameter.role.map(mapping), parameter.name, parameter.value))
            .toList());
  }

  /** The form in a document. */
  public ObjectNode toJson() {
    ObjectNode settings = JsonNodeFactory.instance.objectNode();
    settings.put("owner", owner);
    if (granted) {
      ArrayNode list = settings.putArray("acl");
      acl.forEach(list::add);
    }
    comment.ifPresent(text -> settings.put("comment", text));
    ArrayNode list = settings.putArray("parameters");
    for (Parameter parameter : parameters) {
      ObjectNode node = list.addObject();
      parameter.role.ifPresent(role -> node.put("role", role));
      node.put("name", parameter.name).put("value", parameter.value);
    }
    return settings;
  }

  /**
   * Reads what {@link #toJson} wrote.
   *
   * @throws IllegalArgumentException if it is malformed; the message says how
   */
  public static DatabaseSettings read(JsonNode settings) {
    List<String> acl = new ArrayList<>();
    for (JsonNode item : settings.path("acl")) {
      if (!item.isTextual()) {
        throw new IllegalArgumentException("settings have an acl with what is no text");
      }
      acl.add(item.asText());
    }
    List<Parameter> parameters = new ArrayList<>();
    for (JsonNode node : settings.path("parameters")) {
      parameters.add(
          new Parameter(optionalText(node, "role"), text(node, "name"), text(node, "value")));
    }
    return new DatabaseSettings(
        text(settings, "owner"),
        acl,
        settings.has("acl"),
        optionalText(settings, "comment"),
        parameters);
  }

  private static Optional<String> optionalText(JsonNode node, String key) {
    return node.has(key) ? Optional.of(text(node, key)) : Optional.empty();
  }

  private static String text(JsonNode node, String key) {
    if (!node.path(key).isTextual()) {
      throw new IllegalArgumentException("settings lack a text \"" + key + "\"");
    }
    return node.path(key).asText();
  }
}
