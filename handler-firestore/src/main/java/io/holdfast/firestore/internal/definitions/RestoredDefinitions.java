package io.holdfast.firestore.internal.definitions;

/**
 * What a restore of definitions did. What was there already is not counted.
 *
 * @param indexesCreated composite indexes that were created
 * @param fieldOverridesSet fields that were given other single-field indexes
 * @param ttlPoliciesSet fields by which documents now expire
 * @param rulesReleased whether other security rules are now in force
 * @param building indexes and fields of the backup that the server is still building; queries that
 *     need them fail until it is done
 */
public record RestoredDefinitions(
    int indexesCreated,
    int fieldOverridesSet,
    int ttlPoliciesSet,
    boolean rulesReleased,
    int building) {}
