/** What an account is in a backup, and what is known of many. */
@NullMarked
package io.holdfast.firebase.auth.internal.users;

import org.jspecify.annotations.NullMarked;
