package io.holdfast.google.internal;

/**
 * The service behind an endpoint.
 *
 * @param service the name under which a project enables it: {@code firestore.googleapis.com}
 * @param title what people call it: {@code Cloud Firestore API}
 */
public record GoogleApi(String service, String title) {
  /** What to do where it is not enabled. */
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
