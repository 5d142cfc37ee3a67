package io.holdfast.firestore.internal.read;

/**
 * All collections of one id, wherever they are: a collection of a backup.
 *
 * @param id the id
 * @param documents how many documents they have
 */
public record CollectionGroup(String id, long documents) {}
