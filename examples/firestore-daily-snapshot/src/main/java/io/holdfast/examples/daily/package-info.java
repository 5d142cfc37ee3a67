/** A backup of Firestore and Firebase Auth every night, and the way from it into emulators. */
@NullMarked
package io.holdfast.examples.daily;

import org.jspecify.annotations.NullMarked;
