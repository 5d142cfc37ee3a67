package io.holdfast.postgres.internal.ddl;

/**
 * Where an object stands in the catalogs, as {@code pg_depend} names it.
 *
 * @param catalog the catalog's name without its schema: {@code pg_class}
 * @param oid the object's OID in it
 */
record Address(String catalog, long oid) {
  static Address relation(long oid) {
    return new Address("pg_class", oid);
  }

  static Address type(long oid) {
    return new Address("pg_type", oid);
  }

  static Address function(long oid) {
    return new Address("pg_proc", oid);
  }

  static Address constraint(long oid) {
    return new Address("pg_constraint", oid);
  }
}
