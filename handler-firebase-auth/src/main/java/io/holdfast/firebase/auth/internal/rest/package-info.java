/** Calls the REST API of Identity Toolkit. */
@NullMarked
package io.holdfast.firebase.auth.internal.rest;

import org.jspecify.annotations.NullMarked;
