package io.holdfast.postgres;

/**
 * A column of a table as the catalog describes it.
 *
 * @param number its attribute number
 * @param name its name, unquoted
 * @param type its type as {@code format_type} writes it, domains by their own name
 * @param baseType the OID of its type once domains are resolved
 * @param baseTypeKind {@code pg_type.typtype} of that: b, c, e, r, m, p
 * @param form how its values are written in a record
 * @param notNull whether it refuses NULL
 * @param generated whether the server computes it, so that no record holds it
 * @param identity {@code ALWAYS} or {@code BY DEFAULT} identity: a, d, or a space for none
 */
record Column(
    int number,
    String name,
    String type,
    long baseType,
    char baseTypeKind,
    ValueForm form,
    boolean notNull,
    boolean generated,
    char identity) {}
