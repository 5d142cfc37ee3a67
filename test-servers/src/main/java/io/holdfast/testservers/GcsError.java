package io.holdfast.testservers;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A refusal, in the form and with the reasons of
 * https://cloud.google.com/storage/docs/json_api/v1/status-codes.
 */
final class GcsError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String reason;

  GcsError(int status, String reason, String message) {
    super(message);
    this.status = status;
    this.reason = reason;
  }

  static GcsError invalid(String message) {
    return new GcsError(400, "invalid", message);
  }

  static GcsError required(String message) {
    return new GcsError(400, "required", message);
  }

  static GcsError noBucket() {
    return new GcsError(404, "notFound", "The specified bucket does not exist.");
  }

  static GcsError noObject(String bucket, String name) {
    return new GcsError(404, "notFound", "No such object: " + bucket + "/" + name);
  }

  int status() {
    return status;
  }

  ObjectNode json() {
    ObjectNode detail =
        JsonNodeFactory.instance
            .objectNode()
            .put("message", getMessage())
            .put("domain", "global")
            .put("reason", reason);
    ObjectNode error =
        JsonNodeFactory.instance.objectNode().put("code", status).put("message", getMessage());
    error.set("errors", JsonNodeFactory.instance.arrayNode().add(detail));
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.set("error", error);
    return body;
  }
}
