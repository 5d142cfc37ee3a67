/**
 * The bytes of a backup, as {@code docs/FORMAT.md} defines them: document, frames, manifest. Knows
 * no database and no storage.
 */
@NullMarked
package io.holdfast.format;

import org.jspecify.annotations.NullMarked;
