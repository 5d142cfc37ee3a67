package io.holdfast.firestore.internal.definitions;

import java.net.URI;

/**
 * Where Google's APIs are; tests and private endpoints name others.
 *
 * @param firestore the Cloud Firestore API, which is also its administration
 * @param firebaseRules the Firebase Rules API
 * @param datastore the Cloud Datastore API
 */
public record GoogleEndpoints(URI firestore, URI firebaseRules, URI datastore) {
  /** The public ones. */
  public static GoogleEndpoints google() {
    return new GoogleEndpoints(
        URI.create("https://firestore.googleapis.com"),
        URI.create("https://firebaserules.googleapis.com"),
        URI.create("https://datastore.googleapis.com"));
  }
}
