/** Holdfast beside the npm tools that back up Firestore, on the same emulator in one run. */
@NullMarked
package io.holdfast.benchmarks.firestore;

import org.jspecify.annotations.NullMarked;
