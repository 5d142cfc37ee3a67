package io.holdfast.postgres;

/**
 * How documents get into their table.
 *
 * @param table the table
 * @param spread whether they are put down elsewhere first, since fields have columns of their own
 * @param newColumns whether such columns are added for fields that have none
 * @param addKey whether the table gets its primary key when the rows are there
 * @param merge whether documents replace those of the same id and parent
 */
record DocumentLoad(
    DocumentTable table, boolean spread, boolean newColumns, boolean addKey, boolean merge) {}
