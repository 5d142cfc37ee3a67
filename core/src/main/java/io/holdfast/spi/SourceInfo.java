package io.holdfast.spi;

import java.time.Instant;

/**
 * What was backed up, for people and for the manifest. Holds no secret.
 *
 * @param handler the handler's name: {@code postgres}
 * @param name the database's name, as its users call it
 * @param server the server's version, empty if unknown
 * @param asOf the instant that the records show; for {@code FUZZY}, when reading began
 * @param consistency how strong that instant is
 * @param environment what the database is for, {@code production} or {@code staging}, say; empty if
 *     nobody has said
 * @param identity which database it is, the same under whatever host or name it is reached: for
 *     PostgreSQL, system identifier and database oid; empty if unknown
 */
public record SourceInfo(
    String handler,
    String name,
    String server,
    Instant asOf,
    Consistency consistency,
    String environment,
    String identity) {
  /** A source of which neither environment nor identity is known. */
  public SourceInfo(
      String handler, String name, String server, Instant asOf, Consistency consistency) {
    this(handler, name, server, asOf, consistency, "", "");
  }

  /** The same with that environment. */
  public SourceInfo withEnvironment(String label) {
    return new SourceInfo(handler, name, server, asOf, consistency, label, identity);
  }
}
