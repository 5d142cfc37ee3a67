package io.holdfast.firestore.internal.definitions;

/**
 * A field by which documents expire.
 *
 * @param collectionGroup the collection group
 * @param fieldPath the field, as the Admin API writes it: {@code expires}, {@code a.b}, {@code
 *     `a.b`}
 */
public record TtlField(String collectionGroup, String fieldPath) {}
