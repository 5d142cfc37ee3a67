package io.holdfast.format;

/** The limits of the format: FORMAT.md, section 7. */
public final class Limits {
  /** The largest record that any setting allows, in bytes. */
  public static final int MAX_RECORD_BYTES = (1 << 30) - 1;

  /** The largest record by default, in bytes. */
  public static final int DEFAULT_RECORD_BYTES = 256 << 20;

  /** By how much a record frame may be larger than the largest record, in bytes. */
  public static final int FRAME_SLACK_BYTES = 64 << 20;

  /** The largest header by default, raw, in bytes. */
  public static final int HEADER_BYTES = 256 << 20;

  /** The largest manifest by default, in bytes. */
  public static final int MANIFEST_BYTES = 256 << 20;

  /** How deeply a record may be nested. */
  public static final int NESTING = 100_000;

  /** How many collections a document may have. */
  public static final int COLLECTIONS = 10_000_000;

  /** How long a collection's name may be, in bytes. */
  public static final int NAME_BYTES = 4_096;

  /** How many raw bytes a record frame aims at. */
  public static final int FRAME_TARGET_BYTES = 1 << 20;

  private Limits() {}
}
