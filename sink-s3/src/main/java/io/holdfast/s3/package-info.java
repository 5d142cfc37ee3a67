/** Stores backups in Amazon S3 and in whatever speaks its protocol. */
@NullMarked
package io.holdfast.s3;

import org.jspecify.annotations.NullMarked;
