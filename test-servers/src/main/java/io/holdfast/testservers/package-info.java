/** Servers that speak the protocols of storages, each in a JVM of its own. */
@NullMarked
package io.holdfast.testservers;

import org.jspecify.annotations.NullMarked;
