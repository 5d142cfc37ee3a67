/** What the manifests in a sink say, read from the sink each time. There is no other state. */
@NullMarked
package io.holdfast.catalog;

import org.jspecify.annotations.NullMarked;
