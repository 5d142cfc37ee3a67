/** Measures backups of accounts beside the Firebase CLI. */
@NullMarked
package io.holdfast.benchmarks.auth;

import org.jspecify.annotations.NullMarked;
