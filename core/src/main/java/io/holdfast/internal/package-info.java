/** Not API: may change in any release. */
@NullMarked
package io.holdfast.internal;

import org.jspecify.annotations.NullMarked;
