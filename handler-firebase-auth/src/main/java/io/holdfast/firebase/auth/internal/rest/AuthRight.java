package io.holdfast.firebase.auth.internal.rest;

import io.holdfast.google.internal.GoogleApi;
import io.holdfast.google.internal.Right;

/**
 * What the calls take, by https://cloud.google.com/identity-platform/docs/access-control and
 * https://cloud.google.com/iam/docs/roles-permissions/firebaseauth.
 */
public enum AuthRight implements Right {
  /** Lists accounts, with their hashes where the next one is given too. */
  READ_USERS("firebaseauth.users.get, which is in roles/firebaseauth.viewer"),
  /** Reads the parameters of password hashes; without it, hashes are redacted. */
  READ_HASHES(
      "firebaseauth.configs.get and firebaseauth.configs.getHashConfig, which are in"
          + " roles/firebaseauth.admin; a custom role with these two and firebaseauth.users.get is"
          + " enough"),
  /** Imports accounts. */
  WRITE_USERS(
      "firebaseauth.users.create and firebaseauth.users.update, which are in"
          + " roles/firebaseauth.admin"),
  /** Deletes accounts. */
  DELETE_USERS("firebaseauth.users.delete, which is in roles/firebaseauth.admin"),
  /** Lists tenants. */
  READ_TENANTS(
      "identitytoolkit.tenants.list and identitytoolkit.tenants.get, which are in"
          + " roles/identitytoolkit.viewer"),
  /** Creates tenants. */
  WRITE_TENANTS("identitytoolkit.tenants.create, which is in roles/identitytoolkit.admin"),
  /** Reads identity providers that were set up. */
  READ_PROVIDERS("firebaseauth.configs.get, which is in roles/firebaseauth.viewer");

  private static final class Api {
    static final GoogleApi IDENTITY_TOOLKIT =
        new GoogleApi("identitytoolkit.googleapis.com", "Identity Toolkit API");
  }

  private final String permissions;

  AuthRight(String permissions) {
    this.permissions = permissions;
  }

  @Override
  public GoogleApi api() {
    return Api.IDENTITY_TOOLKIT;
  }

  @Override
  public String permissions() {
    return permissions;
  }
}
