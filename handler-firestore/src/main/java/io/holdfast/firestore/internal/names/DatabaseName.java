package io.holdfast.firestore.internal.names;

import java.util.Optional;

/**
 * Which database of which project, and how its documents are named. A document's <i>path</i> is
 * relative to the database, {@code users/u1/posts/p1}; its <i>name</i> is what the service calls
 * it, {@code projects/p/databases/(default)/documents/users/u1/posts/p1}.
 *
 * @param project the project's id
 * @param database the database's id, {@link #DEFAULT} for the one without a name
 */
public record DatabaseName(String project, String database) {
  /** The id of the database that a project has by default. */
  public static final String DEFAULT = "(default)";

  /** {@code projects/p/databases/d}. */
  public String resource() {
    return "projects/" + project + "/databases/" + database;
  }

  /** What all names of documents begin with, without a slash at the end. */
  public String documents() {
    return resource() + "/documents";
  }

  /**
   * The name of a document, or of the parent of root collections for an empty path.
   *
   * @param path its path
   */
  public String name(String path) {
    return path.isEmpty() ? documents() : documents() + "/" + path;
  }

  /** The path of a document of this database; empty if the name is of another database. */
  public Optional<String> path(String name) {
    String prefix = documents() + "/";
    return name.startsWith(prefix)
        ? Optional.of(name.substring(prefix.length()))
        : Optional.empty();
  }

  /** What people call it: {@code shop} for a default database, {@code shop/archive} for others. */
  public String display() {
    return database.equals(DEFAULT) ? project : project + "/" + database;
  }
}
