package io.holdfast.internal;

import io.holdfast.spi.BackupHandler;

/**
 * A database under the name that it has in a backup.
 *
 * @param name its name; empty for the only one of a backup
 * @param handler speaks to it
 */
public record NamedHandler(String name, BackupHandler handler) {}
