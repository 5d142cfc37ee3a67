/** Names of databases, collections and documents, and their order. */
@NullMarked
package io.holdfast.firestore.internal.names;

import org.jspecify.annotations.NullMarked;
