/**
 * What a database handler or a storage sink implements. The contracts here are executable: {@code
 * holdfast-testkit} holds a suite for each.
 */
@NullMarked
package io.holdfast.spi;

import org.jspecify.annotations.NullMarked;
