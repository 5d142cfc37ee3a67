package io.holdfast;

import io.holdfast.format.Codec;
import java.util.List;

/**
 * How the frames of a backup are compressed.
 *
 * @param codec the format
 * @param level how hard to try, in the codec's own scale: zstd 1 to 19, gzip 1 to 9, none 0
 */
public record Compression(Codec codec, int level) {
  /** Fast and small enough: zstd at level 1. The default. */
  public static final Compression DEFAULT = new Compression(Codec.ZSTD, 1);

  /**
   * Checks the level.
   *
   * @throws ConfigurationException if the codec has no such level
   */
  public Compression {
    if (level < codec.minLevel() || level > codec.maxLevel()) {
      throw new ConfigurationException(
          List.of(
              "Compression level "
                  + level
                  + " is not one of "
                  + codec.minLevel()
                  + " to "
                  + codec.maxLevel()
                  + " for "
                  + codec.id()
                  + "."));
    }
  }

  /** Zstandard at that level, 1 to 19. */
  public static Compression zstd(int level) {
    return new Compression(Codec.ZSTD, level);
  }

  /** Gzip at that level, 1 to 9, for readers that know nothing newer. */
  public static Compression gzip(int level) {
    return new Compression(Codec.GZIP, level);
  }

  /** None: the plain document. */
  public static Compression none() {
    return new Compression(Codec.NONE, 0);
  }
}
