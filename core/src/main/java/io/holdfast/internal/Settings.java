package io.holdfast.internal;

import io.holdfast.Compression;
import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.Retry;
import java.time.Clock;
import java.time.format.DateTimeFormatter;

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
    boolean dryRun) {}
