/** Stores backups in Google Cloud Storage. */
@NullMarked
package io.holdfast.gcs;

import org.jspecify.annotations.NullMarked;
