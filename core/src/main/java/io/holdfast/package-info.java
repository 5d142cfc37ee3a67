/** What an application calls: build a {@link io.holdfast.BackupExecutor}, take backups, restore. */
@NullMarked
package io.holdfast;

import org.jspecify.annotations.NullMarked;
