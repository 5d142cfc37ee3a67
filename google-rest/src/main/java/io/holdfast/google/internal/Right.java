package io.holdfast.google.internal;

/** What the caller of an API must be allowed to do. Each handler has an enum of its own. */
public interface Right {
  /** The API that must be enabled for it. */
  GoogleApi api();

  /**
   * The permissions, and roles that hold them, to complete "The caller needs ….": {@code
   * datastore.entities.list, which is in roles/datastore.viewer}.
   */
  String permissions();
}
