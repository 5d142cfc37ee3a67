/** Backs up and restores the accounts of Firebase Auth, password hashes included. */
@NullMarked
package io.holdfast.firebase.auth;

import org.jspecify.annotations.NullMarked;
