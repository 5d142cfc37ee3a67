package io.holdfast.gcs;

/** What is asked of the storage, and the right that it needs. */
enum Operation {
  WRITE("write", "storage.objects.create", "roles/storage.objectCreator"),
  READ("read", "storage.objects.get", "roles/storage.objectViewer"),
  LIST("list", "storage.objects.list", "roles/storage.objectViewer"),
  DELETE("delete", "storage.objects.delete", "roles/storage.objectAdmin");

  private final String verb;
  private final String permission;
  private final String role;

  Operation(String verb, String permission, String role) {
    this.verb = verb;
    this.permission = permission;
    this.role = role;
  }

  String verb() {
    return verb;
  }

  String permission() {
    return permission;
  }

  /** A predefined role with that right. */
  String role() {
    return role;
  }
}
