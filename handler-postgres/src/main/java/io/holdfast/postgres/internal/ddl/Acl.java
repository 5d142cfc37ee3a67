package io.holdfast.postgres.internal.ddl;

import io.holdfast.postgres.internal.Sql;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.function.UnaryOperator;

/**
 * Writes privileges as statements. Starting from what an object has when it is created, they give
 * the same access control list, in the same order of its items.
 */
final class Acl {
  private static final Map<Character, String> PRIVILEGES = new LinkedHashMap<>();

  static {
    PRIVILEGES.put('r', "SELECT");
    PRIVILEGES.put('a', "INSERT");
    PRIVILEGES.put('w', "UPDATE");
    PRIVILEGES.put('d', "DELETE");
    PRIVILEGES.put('D', "TRUNCATE");
    PRIVILEGES.put('x', "REFERENCES");
    PRIVILEGES.put('t', "TRIGGER");
    PRIVILEGES.put('m', "MAINTAIN");
    PRIVILEGES.put('X', "EXECUTE");
    PRIVILEGES.put('U', "USAGE");
    PRIVILEGES.put('C', "CREATE");
    PRIVILEGES.put('c', "CONNECT");
    PRIVILEGES.put('T', "TEMPORARY");
    PRIVILEGES.put('s', "SET");
    PRIVILEGES.put('A', "ALTER SYSTEM");
  }

  /**
   * What one role granted another.
   *
   * @param grantee who has it; empty for PUBLIC
   * @param plain letters of privileges without the right to pass them on
   * @param grantable letters of those with it
   * @param grantor who gave it
   */
  record Item(String grantee, String plain, String grantable, String grantor) {
    /** Reads {@code "odd name"=r*w/owner}. */
    static Item parse(String text) {
      StringBuilder grantee = new StringBuilder();
      int at = readName(text, 0, '=', grantee);
      StringBuilder plain = new StringBuilder();
      StringBuilder grantable = new StringBuilder();
      for (at++; text.charAt(at) != '/'; at++) {
        if (text.charAt(at + 1) == '*') {
          grantable.append(text.charAt(at++));
        } else {
          plain.append(text.charAt(at));
        }
      }
      StringBuilder grantor = new StringBuilder();
      readName(text, at + 1, '\0', grantor);
      return new Item(
          grantee.toString(), plain.toString(), grantable.toString(), grantor.toString());
    }

    /** As the server writes it, with all names in quotes. */
    String text() {
      StringBuilder text = new StringBuilder();
      if (!grantee.isEmpty()) {
        text.append(Sql.quoteIdentifier(grantee));
      }
      text.append('=').append(plain);
      grantable.chars().forEach(letter -> text.append((char) letter).append('*'));
      return text.append('/').append(Sql.quoteIdentifier(grantor)).toString();
    }

    /** The same, with other roles in the place of those named. */
    Item withRoles(UnaryOperator<String> mapping) {
      return new Item(
          grantee.isEmpty() ? grantee : mapping.apply(grantee),
          plain,
          grantable,
          mapping.apply(grantor));
    }

    private static int readName(String text, int from, char end, StringBuilder name) {
      boolean quoted = false;
      int at = from;
      for (; at < text.length() && (quoted || text.charAt(at) != end); at++) {
        if (text.charAt(at) != '"') {
          name.append(text.charAt(at));
        } else if (quoted && at + 1 < text.length() && text.charAt(at + 1) == '"') {
          name.append(text.charAt(at++));
        } else {
          quoted = !quoted;
        }
      }
      return at;
    }
  }

  private Acl() {}

  /**
   * The statements for one object, or for one column of a table.
   *
   * @param on how {@code GRANT … ON} names it: {@code TABLE public.users}
   * @param column the column's quoted name, if it is a column's list
   * @param acl the list, as the server writes its items; empty array if nobody has anything
   * @param initial what the object has when it has just been created for its owner
   * @param owner its owner
   */
  static List<SqlStatement> grants(
      String on, Optional<String> column, String[] acl, String[] initial, String owner) {
    List<Item> from = Arrays.stream(initial).map(Item::parse).toList();
    return grants(
        on,
        column,
        Arrays.stream(acl).map(Item::parse).toList(),
        from,
        allPrivileges(from, owner),
        owner);
  }

  /**
   * The statements for something that has other privileges than a new object.
   *
   * @param on how {@code GRANT … ON} names it
   * @param acl what it shall have
   * @param present what it has
   * @param all the letters of all privileges that there are on it
   * @param owner its owner
   */
  static List<SqlStatement> grants(
      String on, List<Item> acl, List<Item> present, String all, String owner) {
    return grants(on, Optional.empty(), acl, present, all, owner);
  }

  private static List<SqlStatement> grants(
      String on,
      Optional<String> column,
      List<Item> acl,
      List<Item> present,
      String all,
      String owner) {
    // What stays keeps its place, and what is granted goes to the end. Where that gives another
    // order
    // of the items, everything is granted anew.
    List<Item> same = present.stream().filter(acl::contains).toList();
    boolean kept = acl.size() >= same.size() && acl.subList(0, same.size()).equals(same);
    List<Item> revoked =
        kept ? present.stream().filter(item -> !acl.contains(item)).toList() : present;
    List<SqlStatement> statements = new ArrayList<>();
    // Who passed a privilege on keeps it otherwise: the revocation would be refused.
    String onward = present.stream().allMatch(item -> item.grantor.equals(owner)) ? "" : " CASCADE";
    revoked.stream()
        .map(Item::grantee)
        .distinct()
        .forEach(
            grantee ->
                statements.add(
                    SqlStatement.begin("REVOKE ALL" + in(column) + " ON " + on + " FROM ")
                        .grantee(grantee)
                        .sql(onward)
                        .build()));
    for (Item item : kept ? acl.subList(same.size(), acl.size()) : acl) {
      addGrants(statements, item, on, column, all, owner);
    }
    return statements;
  }

  /**
   * The statements that change one list into another and leave alone what is the same in both. For
   * objects that others create, whose owner may be another where they come back.
   *
   * @param initial the list that the object has, instead of what its owner would have by default
   */
  static List<SqlStatement> changes(
      String on, Optional<String> column, String[] acl, String[] initial, String owner) {
    List<Item> before = Arrays.stream(initial).map(Item::parse).toList();
    List<Item> after = Arrays.stream(acl).map(Item::parse).toList();
    String all = allPrivileges(before, owner);
    List<SqlStatement> statements = new ArrayList<>();
    for (Item item : before) {
      Item kept = sameRoles(after, item);
      String lost = without(item.plain + item.grantable, kept.plain + kept.grantable);
      String lostOption = without(without(item.grantable, kept.grantable), lost);
      List<SqlStatement> revokes = new ArrayList<>();
      addRevoke(revokes, "", lost, item.grantee, on, column, all);
      addRevoke(revokes, "GRANT OPTION FOR ", lostOption, item.grantee, on, column, all);
      statements.addAll(asGrantor(item, owner, revokes));
    }
    for (Item item : after) {
      Item had = sameRoles(before, item);
      Item gained =
          new Item(
              item.grantee,
              without(item.plain, had.plain + had.grantable),
              without(item.grantable, had.grantable),
              item.grantor);
      addGrants(statements, gained, on, column, all, owner);
    }
    return statements;
  }

  private static Item sameRoles(List<Item> items, Item wanted) {
    return items.stream()
        .filter(item -> item.grantee.equals(wanted.grantee) && item.grantor.equals(wanted.grantor))
        .findFirst()
        .orElse(new Item(wanted.grantee, "", "", wanted.grantor));
  }

  private static String without(String letters, String others) {
    StringBuilder left = new StringBuilder();
    letters.chars().filter(letter -> others.indexOf(letter) < 0).forEach(left::appendCodePoint);
    return left.toString();
  }

  private static String allPrivileges(List<Item> initial, String owner) {
    return initial.stream()
        .filter(item -> item.grantee.equals(owner))
        .map(item -> item.plain + item.grantable)
        .findFirst()
        .orElse("");
  }

  private static void addGrants(
      List<SqlStatement> statements,
      Item item,
      String on,
      Optional<String> column,
      String all,
      String owner) {
    List<SqlStatement> grants = new ArrayList<>();
    addGrant(grants, item.plain, item.grantee, on, column, all, "");
    addGrant(grants, item.grantable, item.grantee, on, column, all, " WITH GRANT OPTION");
    statements.addAll(asGrantor(item, owner, grants));
  }

  private static List<SqlStatement> asGrantor(
      Item item, String owner, List<SqlStatement> statements) {
    if (statements.isEmpty() || item.grantor.equals(owner)) {
      return statements;
    }
    // GRANT … GRANTED BY takes the current role only.
    List<SqlStatement> framed = new ArrayList<>();
    framed.add(SqlStatement.begin("SET LOCAL ROLE ").role(item.grantor).build());
    framed.addAll(statements);
    framed.add(SqlStatement.of("RESET ROLE"));
    return framed;
  }

  private static void addRevoke(
      List<SqlStatement> statements,
      String option,
      String letters,
      String grantee,
      String on,
      Optional<String> column,
      String all) {
    if (!letters.isEmpty()) {
      statements.add(
          SqlStatement.begin(
                  "REVOKE " + option + words(letters, all, column) + " ON " + on + " FROM ")
              .grantee(grantee)
              .build());
    }
  }

  private static void addGrant(
      List<SqlStatement> statements,
      String letters,
      String grantee,
      String on,
      Optional<String> column,
      String all,
      String option) {
    if (!letters.isEmpty()) {
      statements.add(
          SqlStatement.begin("GRANT " + words(letters, all, column) + " ON " + on + " TO ")
              .grantee(grantee)
              .sql(option)
              .build());
    }
  }

  private static String in(Optional<String> column) {
    return column.map(name -> " (" + name + ")").orElse("");
  }

  private static String words(String letters, String all, Optional<String> column) {
    if (!all.isEmpty() && sorted(letters).equals(sorted(all))) {
      return "ALL" + in(column);
    }
    StringJoiner words = new StringJoiner(", ");
    for (int i = 0; i < letters.length(); i++) {
      String word = PRIVILEGES.get(letters.charAt(i));
      if (word == null) {
        throw new IllegalStateException("Unknown privilege letter " + letters.charAt(i));
      }
      words.add(word + in(column));
    }
    return words.toString();
  }

  private static String sorted(String letters) {
    char[] chars = letters.toCharArray();
    Arrays.sort(chars);
    return new String(chars);
  }
}
