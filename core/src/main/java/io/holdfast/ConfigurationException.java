package io.holdfast;

import java.util.List;

/** A configuration is wrong. Reports every problem at once; nothing was contacted or changed. */
public final class ConfigurationException extends BackupException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  /**
   * @param problems what is wrong, one sentence each; at least one
   */
  public ConfigurationException(List<String> problems) {
    super(message(problems));
    this.problems = List.copyOf(problems);
  }

  /** What is wrong, one sentence each. */
  public List<String> problems() {
    return problems == null ? List.of(String.valueOf(getMessage())) : problems;
  }

  private static String message(List<String> problems) {
    return problems.size() == 1
        ? problems.get(0)
        : problems.size() + " problems:\n  - " + String.join("\n  - ", problems);
  }
}
