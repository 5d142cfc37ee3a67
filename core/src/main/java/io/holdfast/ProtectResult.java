package io.holdfast;

import java.util.List;
import java.util.Optional;

/**
 * A protected action that succeeded, or in a dry run was not run.
 *
 * @param value what the action returned; empty for null, and in a dry run
 * @param backup the backup taken before it, if the mode takes one and it was kept
 * @param warnings what the caller should know: a backup that could not be deleted, say
 * @param dryRun whether nothing was run and nothing was changed
 * @param <T> what the action returns
 */
public record ProtectResult<T>(
    Optional<T> value, Optional<BackupResult> backup, List<String> warnings, boolean dryRun) {}
