/** Production copied over development, with personal data made harmless on the way. */
@NullMarked
package io.holdfast.examples.sync;

import org.jspecify.annotations.NullMarked;
