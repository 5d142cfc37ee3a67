/** One backup in several storages. */
@NullMarked
package io.holdfast.examples.offsite;

import org.jspecify.annotations.NullMarked;
