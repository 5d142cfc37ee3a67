package io.holdfast.firestore.internal.definitions;

import io.holdfast.google.internal.Uris;

/**
 * The database that is spoken of, as part of URLs.
 *
 * @param project the project's id
 * @param database the database's id, {@code (default)} for the first
 */
record DatabasePath(String project, String database) {
  private static final String DEFAULT = "(default)";

  DatabasePath {
    if (project.isBlank() || project.contains("/")) {
      throw new IllegalArgumentException("a project id is needed");
    }
    if (database.isBlank() || database.contains("/")) {
      throw new IllegalArgumentException("a database id is needed; the first is " + DEFAULT);
    }
  }

  boolean isDefault() {
    return database.equals(DEFAULT);
  }

  /** As part of a URL. */
  String path() {
    return projectPath() + "/databases/" + Uris.encode(database);
  }

  String projectPath() {
    return "projects/" + Uris.encode(project);
  }

  @Override
  public String toString() {
    return "projects/" + project + "/databases/" + database;
  }
}
