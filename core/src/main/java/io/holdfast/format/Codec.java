package io.holdfast.format;

import java.util.Optional;

/** How frames are compressed. FORMAT.md, section 4. */
public enum Codec {
  /** One Zstandard frame with content size and checksum. */
  ZSTD("zstd", ".zst", 1, 19),
  /** One gzip member. */
  GZIP("gzip", ".gz", 1, 9),
  /** The bytes themselves. */
  NONE("none", "", 0, 0);

  private final String id;
  private final String ending;
  private final int minLevel;
  private final int maxLevel;

  Codec(String id, String ending, int minLevel, int maxLevel) {
    this.id = id;
    this.ending = ending;
    this.minLevel = minLevel;
    this.maxLevel = maxLevel;
  }

  /** Its name in manifests. */
  public String id() {
    return id;
  }

  /** What it adds to a file's name. */
  public String ending() {
    return ending;
  }

  /** The lowest level. */
  public int minLevel() {
    return minLevel;
  }

  /** The highest level. */
  public int maxLevel() {
    return maxLevel;
  }

  /** The codec of that name. */
  public static Optional<Codec> byId(String id) {
    for (Codec codec : values()) {
      if (codec.id.equals(id)) {
        return Optional.of(codec);
      }
    }
    return Optional.empty();
  }

  /**
   * The most bytes that frames of that length can hold, whatever they say: what is more is a lie,
   * for which no memory need be allocated.
   */
  long maxRawLength(long lengthBytes) {
    long factor =
        switch (this) {
          // A block of four bytes repeats one byte up to 128 KiB times.
          case ZSTD -> 1 << 15;
          // A match of 258 bytes takes two bits.
          case GZIP -> 4 * 258;
          case NONE -> 1;
        };
    return lengthBytes > Long.MAX_VALUE / factor ? Long.MAX_VALUE : lengthBytes * factor;
  }

  /** A compressor for one thread. */
  public FrameCompressor compressor(int level) {
    return switch (this) {
      case ZSTD -> new ZstdFrames.Compressor(level);
      case GZIP -> new GzipFrames.Compressor(level);
      case NONE -> new StoredFrames();
    };
  }

  /** A decompressor for one thread. */
  public FrameDecompressor decompressor() {
    return switch (this) {
      case ZSTD -> new ZstdFrames.Decompressor();
      case GZIP -> new GzipFrames.Decompressor();
      case NONE -> new StoredFrames();
    };
  }
}
