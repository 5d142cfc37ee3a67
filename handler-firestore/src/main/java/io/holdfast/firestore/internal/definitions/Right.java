package io.holdfast.firestore.internal.definitions;

/**
 * What the caller must be allowed to do, and whom to ask for it.
 *
 * <p>Permissions and roles: https://cloud.google.com/iam/docs/roles-permissions/firestore and
 * /firebaserules. The permissions {@code datastore.schemas.*} had the name {@code
 * datastore.indexes.*} before, which is still valid
 * (https://firebase.google.com/docs/firestore/security/iam).
 */
enum Right {
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

  /** The service behind an endpoint, by the name under which a project enables it. */
  enum Api {
    FIRESTORE("firestore.googleapis.com", "Cloud Firestore API"),
    RULES("firebaserules.googleapis.com", "Firebase Rules API"),
    DATASTORE("datastore.googleapis.com", "Cloud Datastore API");

    private final String service;
    private final String title;

    Api(String service, String title) {
      this.service = service;
      this.title = title;
    }

    String enable(String project) {
      return "The "
          + title
          + " is not enabled there: enable it by gcloud services enable "
          + service
          + " --project="
          + project
          + ", or have it enabled.";
    }
  }

  private final Api api;
  private final String permissions;

  Right(Api api, String permissions) {
    this.api = api;
    this.permissions = permissions;
  }

  Api api() {
    return api;
  }

  /** What to do about a refusal. */
  String grant() {
    return "The caller needs " + permissions + ".";
  }
}
