/** Backs up and restores Cloud Firestore databases, every document at one instant. */
@NullMarked
package io.holdfast.firestore;

import org.jspecify.annotations.NullMarked;
