/** What the parts of this handler share. Not for applications. */
@NullMarked
package io.holdfast.postgres.internal;

import org.jspecify.annotations.NullMarked;
