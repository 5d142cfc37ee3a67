/**
 * Calls to Google's JSON APIs, as the handlers of Google's services make them. For these handlers
 * only: anything here may change from one version to the next.
 *
 * <p>Begin with {@link io.holdfast.google.internal.GoogleRest}.
 */
@NullMarked
package io.holdfast.google.internal;

import org.jspecify.annotations.NullMarked;
