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
 */
public record SourceInfo(
    String handler, String name, String server, Instant asOf, Consistency consistency) {}
