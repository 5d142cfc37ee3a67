package io.holdfast.firebase.auth;

import java.util.Map;
import java.util.Optional;

/**
 * How accounts are imported.
 *
 * @param existing what becomes of accounts that are there, in a merge
 * @param hash how hashes were made, over what the backup says
 * @param tenants which tenant of the target stands for one of the backup
 * @param createTenants whether tenants that are missing are created
 */
record ImportSettings(
    ExistingUsers existing,
    Optional<HashParameters> hash,
    Map<String, String> tenants,
    boolean createTenants) {}
