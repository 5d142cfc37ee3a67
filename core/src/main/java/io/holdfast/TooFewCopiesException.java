package io.holdfast;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A backup could not be stored in as many sinks as are required. What was stored elsewhere was
 * taken back; where that failed, it is suppressed in this, with what went wrong in each sink.
 */
public final class TooFewCopiesException extends BackupException {
  private static final long serialVersionUID = 1L;

  private final transient List<Copy> copies;

  /**
   * @param required how many copies are required
   * @param copies how far each sink had come
   */
  public TooFewCopiesException(int required, List<Copy> copies) {
    super(
        "Of "
            + copies.size()
            + " sinks "
            + copies.stream().filter(Copy::stored).count()
            + " can store the backup, and "
            + required
            + " are required. These cannot: "
            + copies.stream()
                .filter(copy -> !copy.stored())
                .map(Copy::toString)
                .collect(Collectors.joining("; "))
            + " Nothing of the backup is listed. Mend what failed, or require fewer copies with"
            + " requiredCopies.");
    this.copies = List.copyOf(copies);
  }

  /** How far each sink had come when the backup was given up. */
  public List<Copy> copies() {
    return copies;
  }
}
