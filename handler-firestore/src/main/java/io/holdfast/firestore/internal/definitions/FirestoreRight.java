package io.holdfast.firestore.internal.definitions;

import io.holdfast.google.internal.GoogleApi;
import io.holdfast.google.internal.Right;

/**
 * What the caller must be allowed to do, and whom to ask for it.
 *
 * <p>Permissions and roles: https://cloud.google.com/iam/docs/roles-permissions/firestore and
 * /firebaserules. The permissions {@code datastore.schemas.*} had the name {@code
 * datastore.indexes.*} before, which is still valid
 * (https://firebase.google.com/docs/firestore/security/iam).
 */
enum FirestoreRight implements Right {
  READ_DATABASE(
      Api.FIRESTORE,
      "datastore.databases.getMetadata, which is in roles/datastore.viewer and"
          + " roles/datastore.user"),
  LIST_INDEXES(
      Api.FIRESTORE,
      "datastore.schemas.list (formerly datastore.indexes.list), which is in roles/datastore.viewer"
          + " and roles/datastore.indexAdmin"),
  CREATE_INDEX(
      Api.FIRESTORE,
      "datastore.schemas.create (formerly datastore.indexes.create), which is in"
          + " roles/datastore.indexAdmin"),
  UPDATE_FIELD(
      Api.FIRESTORE,
      "datastore.schemas.update (formerly datastore.indexes.update), which is in"
          + " roles/datastore.indexAdmin"),
  READ_OPERATION(Api.FIRESTORE, "datastore.operations.get, which is in roles/datastore.indexAdmin"),
  READ_RULES(
      Api.RULES,
      "firebaserules.releases.get and firebaserules.rulesets.get, which are in"
          + " roles/firebaserules.viewer"),
  WRITE_RULES(
      Api.RULES,
      "firebaserules.rulesets.create, firebaserules.releases.create and"
          + " firebaserules.releases.update, which are in roles/firebaserules.admin"),
  LIST_KINDS(Api.DATASTORE, "datastore.entities.list, which is in roles/datastore.viewer");

  private static final class Api {
    static final GoogleApi FIRESTORE =
        new GoogleApi("firestore.googleapis.com", "Cloud Firestore API");
    static final GoogleApi RULES =
        new GoogleApi("firebaserules.googleapis.com", "Firebase Rules API");
    static final GoogleApi DATASTORE =
        new GoogleApi("datastore.googleapis.com", "Cloud Datastore API");
  }

  @SuppressWarnings("ImmutableEnumChecker") // a record of strings
  private final GoogleApi api;

  private final String permissions;

  FirestoreRight(GoogleApi api, String permissions) {
    this.api = api;
    this.permissions = permissions;
  }

  @Override
  public GoogleApi api() {
    return api;
  }

  @Override
  public String permissions() {
    return permissions;
  }
}
