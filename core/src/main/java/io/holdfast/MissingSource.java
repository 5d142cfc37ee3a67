package io.holdfast;

/**
 * A source that a backup was to hold and does not, because it failed and {@code bestEffort} was
 * asked for.
 *
 * @param name its name
 * @param reason why it failed
 */
public record MissingSource(String name, String reason) {}
