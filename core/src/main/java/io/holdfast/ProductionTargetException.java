package io.holdfast;

/**
 * A restore was refused because its target is marked as production and the caller has not named it,
 * or because the caller has named another. Nothing was changed.
 */
public final class ProductionTargetException extends BackupException {
  private static final long serialVersionUID = 1L;

  private final String target;

  /**
   * @param target the target's name, as {@link RestoreOptions#intoProduction} takes it
   * @param message which target it is, how it is marked, and what to write
   */
  public ProductionTargetException(String target, String message) {
    super(message);
    this.target = target;
  }

  /** The target's name, as {@link RestoreOptions#intoProduction} takes it. */
  public String target() {
    return target;
  }
}
