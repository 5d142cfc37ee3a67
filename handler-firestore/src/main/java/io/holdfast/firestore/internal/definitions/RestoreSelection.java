package io.holdfast.firestore.internal.definitions;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

/**
 * What of the captured definitions is to be restored, and how long to wait for it.
 *
 * @param parts which parts
 * @param waitAtMost how long to wait for indexes to be built; zero does not wait
 */
public record RestoreSelection(Set<DefinitionPart> parts, Duration waitAtMost) {
  /** Copies the set. */
  public RestoreSelection {
    parts = Set.copyOf(parts);
    if (waitAtMost.isNegative()) {
      throw new IllegalArgumentException("waitAtMost must not be negative");
    }
  }

  /** Indexes, field overrides and TTL policies; without waiting until they are built. */
  public static RestoreSelection indexesAndTtl() {
    return of(DefinitionPart.INDEXES, DefinitionPart.FIELD_OVERRIDES, DefinitionPart.TTL);
  }

  /** These parts, without waiting. */
  public static RestoreSelection of(DefinitionPart... parts) {
    return new RestoreSelection(Set.of(parts), Duration.ZERO);
  }

  /** The security rules too. They open or close a database, so they are never a default. */
  public RestoreSelection withRules() {
    EnumSet<DefinitionPart> more = EnumSet.of(DefinitionPart.RULES);
    more.addAll(parts);
    return new RestoreSelection(more, waitAtMost);
  }

  /** The same parts, waiting until they are built, but no longer than that. */
  public RestoreSelection waitingAtMost(Duration duration) {
    return new RestoreSelection(parts, duration);
  }

  boolean has(DefinitionPart part) {
    return parts.contains(part);
  }
}
