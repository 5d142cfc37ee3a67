/** Stores backups in MongoDB. */
@NullMarked
package io.holdfast.mongo;

import org.jspecify.annotations.NullMarked;
