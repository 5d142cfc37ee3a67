/**
 * What a Firestore database has besides documents: indexes, field overrides, TTL policies, security
 * rules, and what the database resource says of itself. Read and written over Google's public REST
 * APIs as JSON, so that properties which are not known here survive.
 *
 * <p>Begin with {@link io.holdfast.firestore.internal.definitions.FirestoreDefinitions}.
 */
@NullMarked
package io.holdfast.firestore.internal.definitions;

import org.jspecify.annotations.NullMarked;
