package io.holdfast.postgres.internal.ddl;

import io.holdfast.postgres.internal.Sql;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * The options of a {@code CREATE} in parentheses, one on each line, without those that are not
 * there.
 */
final class OptionList {
  private final StringJoiner lines = new StringJoiner(",\n  ", "(\n  ", "\n)");

  /** An option whose value is SQL; left out if there is none. */
  OptionList add(String name, @Nullable String value) {
    if (value != null) {
      lines.add(name + " = " + value);
    }
    return this;
  }

  /** An option whose value is a text; left out if there is none. */
  OptionList addText(String name, @Nullable String value) {
    return value == null ? this : add(name, Sql.quoteLiteral(value));
  }

  /** An option that is there or not. */
  OptionList addFlag(String name, boolean set) {
    if (set) {
      lines.add(name);
    }
    return this;
  }

  @Override
  public String toString() {
    return lines.toString();
  }
}
