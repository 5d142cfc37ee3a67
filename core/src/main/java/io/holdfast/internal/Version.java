package io.holdfast.internal;

/** Which version of Holdfast this is. */
final class Version {
  private Version() {}

  /** What manifests name as their writer. */
  static String writer() {
    String version = Version.class.getPackage().getImplementationVersion();
    return "holdfast " + (version == null ? "development" : version);
  }
}
