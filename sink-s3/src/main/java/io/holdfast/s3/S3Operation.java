package io.holdfast.s3;

/** What was being done when S3 refused: decides what an error says, and which right it asks for. */
enum S3Operation {
  WRITE("write", "s3:PutObject", "Nothing was published."),
  PUBLISH("publish", "s3:PutObject", "Nothing was published."),
  READ("read", "s3:GetObject", "Nothing was changed."),
  STAT("look for", "s3:GetObject", "Nothing was changed."),
  DELETE("delete", "s3:DeleteObject", "The object is still there."),
  DELETE_VERSION("delete", "s3:DeleteObjectVersion", "The object is still there."),
  LIST("list the objects", "s3:ListBucket", "Nothing was changed."),
  LIST_UPLOADS(
      "list the unfinished uploads", "s3:ListBucketMultipartUploads", "Nothing was changed."),
  ABORT(
      "discard the unfinished upload of", "s3:AbortMultipartUpload", "The upload is still there.");

  private final String verb;
  private final String permission;
  private final String unchanged;

  S3Operation(String verb, String permission, String unchanged) {
    this.verb = verb;
    this.permission = permission;
    this.unchanged = unchanged;
  }

  /** What could not be done, in words. */
  String verb() {
    return verb;
  }

  /** The action that a policy has to allow. */
  String permission() {
    return permission;
  }

  /** What a refusal leaves as it was, as a sentence. */
  String unchanged() {
    return unchanged;
  }

  /** Whether the right is one on the bucket, not on its objects. */
  boolean onBucket() {
    return this == LIST || this == LIST_UPLOADS;
  }

  /** Whether it stores something. */
  boolean writes() {
    return this == WRITE || this == PUBLISH;
  }
}
