package io.holdfast.internal;

import io.holdfast.Compression;
import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.Retry;
import java.text.ParsePosition;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How an executor works, checked when it was built.
 *
 * @param prefix what ids begin with
 * @param suffix what follows the id in a document's key
 * @param timestampFormat how the id's timestamp is written, in UTC
 * @param compression how frames are compressed
 * @param encryption how documents are encrypted
 * @param keys what opens encrypted documents
 * @param filter which collections are backed up
 * @param allowUncaptured whether what cannot be carried is listed instead of refused
 * @param parallelism how many workers
 * @param maxRecordBytes how large a record may be
 * @param verifyAfterBackup whether a backup is read back before it is reported
 * @param retry how idempotent steps are repeated
 * @param clock what time it is
 * @param dryRun whether nothing is to be changed
 * @param environment what the source is for, over what its handler says
 * @param bestEffort whether a source of several that fails is left out
 * @param productionTarget whether the target is marked as production by configuration
 */
public record Settings(
    String prefix,
    String suffix,
    DateTimeFormatter timestampFormat,
    Compression compression,
    Encryption encryption,
    DecryptionKeys keys,
    CollectionFilter filter,
    boolean allowUncaptured,
    int parallelism,
    int maxRecordBytes,
    boolean verifyAfterBackup,
    Retry retry,
    Clock clock,
    boolean dryRun,
    Optional<String> environment,
    boolean bestEffort,
    boolean productionTarget) {
  /** How timestamps in ids are written unless somebody chooses otherwise. */
  public static final String DEFAULT_TIMESTAMPS = "yyyy-MM-dd-HH-mm-ss";

  private static final DateTimeFormatter DEFAULT_FORMAT = timestamps(DEFAULT_TIMESTAMPS);

  /** What follows the prefix in the names of safety backups, which list on their own. */
  public static final String SAFETY = "-safety";

  private static final Pattern SAFETY_ENDING = Pattern.compile("-[0-9a-f]{8}$");

  /**
   * How a target is backed up before a restore replaces what it holds: all of it, as far as it can
   * be carried, under a prefix of its own.
   *
   * @param targetIsSource whether what is known of the source holds for the target too
   */
  public Settings forSafetyBackup(boolean targetIsSource) {
    return new Settings(
        prefix + SAFETY,
        suffix,
        timestampFormat,
        compression,
        encryption,
        keys,
        CollectionFilter.ALL,
        true,
        parallelism,
        maxRecordBytes,
        verifyAfterBackup,
        retry,
        clock,
        dryRun,
        targetIsSource ? environment : Optional.empty(),
        false,
        productionTarget);
  }

  /**
   * A format of timestamps in ids: in UTC, and the same in every country.
   *
   * @throws IllegalArgumentException if the pattern is none
   */
  public static DateTimeFormatter timestamps(String pattern) {
    return DateTimeFormatter.ofPattern(pattern, Locale.ROOT).withZone(ZoneOffset.UTC);
  }

  /**
   * Whether a backup of that id is one of this prefix: what follows the prefix must be a timestamp,
   * in the format that is set or in the default one, or {@code app} would take the backups of
   * {@code app-two} for its own.
   */
  public boolean owns(String backupId) {
    if (!backupId.startsWith(prefix + "-")) {
      return false;
    }
    String timestamp = backupId.substring(prefix.length() + 1);
    if (prefix.endsWith(SAFETY)) {
      timestamp = SAFETY_ENDING.matcher(timestamp).replaceFirst("");
    }
    return isTimestamp(timestampFormat, timestamp) || isTimestamp(DEFAULT_FORMAT, timestamp);
  }

  /** Whether new backups are encrypted and nothing that could open them is at hand. */
  public boolean cannotReadItsOwn() {
    return !encryption.isNone() && keys.isNone();
  }

  /** Whether new backups are encrypted, and nothing says that the keys at hand open them. */
  public boolean mayHaveOtherKeys() {
    boolean samePassphrase =
        encryption
            .passphraseSecret()
            .filter(own -> keys.passphraseSecrets().stream().anyMatch(own::matches))
            .isPresent();
    return !encryption.isNone() && !samePassphrase;
  }

  /** Whether the text has the form of the format. */
  public static boolean isTimestamp(DateTimeFormatter format, String text) {
    ParsePosition position = new ParsePosition(0);
    return format.parseUnresolved(text, position) != null
        && position.getErrorIndex() < 0
        && position.getIndex() == text.length();
  }
}
