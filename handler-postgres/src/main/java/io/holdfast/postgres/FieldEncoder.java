package io.holdfast.postgres;

/**
 * Writes one field of a {@code COPY} row, from the text form of its value. Belongs to one {@link
 * JsonToCopy}, and so to one thread at a time.
 */
@FunctionalInterface
interface FieldEncoder {
  /**
   * Appends the field.
   *
   * @throws BadRecordException if the text is no value of the column's type. It never guesses
   */
  void encode(byte[] text, int from, int to, CopyBuffer out);
}
