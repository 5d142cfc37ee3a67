/** The calls of the service that backups and restores are made of, and their errors. */
@NullMarked
package io.holdfast.firestore.internal.rpc;

import org.jspecify.annotations.NullMarked;
