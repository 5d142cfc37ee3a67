package io.holdfast.spi;

import java.util.Optional;

/**
 * Which database a handler speaks to, as a guard must know it before anything is restored into it.
 * Holds no secret.
 *
 * @param name what a caller writes to name this database and no other that could be meant
 * @param identity which database it is, as in {@link SourceInfo#identity}; empty if unknown
 * @param environment what it is for, {@code production} or {@code staging}, say
 * @param production whether the database itself says that it is production: nothing is restored
 *     into it then but by a caller who names it
 */
public record DatabaseInfo(
    String name, String identity, Optional<String> environment, boolean production) {
  /** A database of which nothing but the name is known. */
  public static DatabaseInfo named(String name) {
    return new DatabaseInfo(name, "", Optional.empty(), false);
  }
}
