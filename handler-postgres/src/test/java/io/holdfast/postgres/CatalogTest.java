package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.spi.CollectionFilter;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CatalogTest {
  @Test
  void listsTablesWithColumnsAndKeys() throws Exception {
    try (TestPostgres.Database database = TestPostgres.createDatabase()) {
      database.execute(
          "CREATE DOMAIN positive AS integer CHECK (value > 0)",
          "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, rank positive,"
              + " doubled bigint GENERATED ALWAYS AS (id * 2) STORED)");
      try (PinnedConnection connection = Connections.from(database.dataSource()).open()) {
        connection.beginReading(Optional.empty());
        Catalog catalog = Catalog.read(connection.jdbc(), CollectionFilter.ALL);
        assertThat(catalog.tables()).hasSize(1);
        Table users = catalog.tables().get(0);
        assertThat(users.collection()).isEqualTo("public.users");
        assertThat(users.primaryKey()).containsExactly("id");
        assertThat(users.storedColumns())
            .extracting(Column::name, Column::type, Column::form)
            .containsExactly(
                org.assertj.core.groups.Tuple.tuple("id", "bigint", ValueForm.INTEGER),
                org.assertj.core.groups.Tuple.tuple("name", "text", ValueForm.TEXT),
                org.assertj.core.groups.Tuple.tuple("rank", "public.positive", ValueForm.INTEGER));
      }
    }
  }
}
