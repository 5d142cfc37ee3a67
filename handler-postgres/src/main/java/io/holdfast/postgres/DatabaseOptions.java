package io.holdfast.postgres;

import io.holdfast.postgres.DatabaseShape.LocaleProvider;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a new database is to be like. What is left out is the server's default, and nothing is
 * copied that somebody left in {@code template1}. Immutable.
 */
public final class DatabaseOptions {
  /** The server's defaults. */
  public static final DatabaseOptions DEFAULT = builder().build();

  private final DatabaseShape shape;
  private final String template;
  private final int connectionLimit;

  private DatabaseOptions(Builder builder) {
    this.shape =
        new DatabaseShape(
            Optional.ofNullable(builder.owner),
            Optional.ofNullable(builder.encoding),
            Optional.ofNullable(builder.provider),
            Optional.ofNullable(builder.collate),
            Optional.ofNullable(builder.collate),
            Optional.ofNullable(builder.locale),
            Optional.ofNullable(builder.icuRules),
            Optional.ofNullable(builder.tablespace));
    this.template = builder.template;
    this.connectionLimit = builder.connectionLimit;
  }

  /** Begins with the server's defaults. */
  public static Builder builder() {
    return new Builder();
  }

  DatabaseShape shape() {
    return shape;
  }

  String template() {
    return template;
  }

  int connectionLimit() {
    return connectionLimit;
  }

  /** Sets what is not to be the server's default. */
  public static final class Builder {
    private @Nullable String owner;
    private @Nullable String encoding;
    private @Nullable LocaleProvider provider;
    private @Nullable String collate;
    private @Nullable String locale;
    private @Nullable String icuRules;
    private @Nullable String tablespace;
    private String template = "template0";
    private int connectionLimit = -1;

    private Builder() {}

    /** The role that it belongs to. */
    public Builder owner(String role) {
      owner = role;
      return this;
    }

    /** The encoding: {@code UTF8}. Must fit the locale. */
    public Builder encoding(String name) {
      encoding = name;
      return this;
    }

    /** The operating system's locale: {@code C}, {@code de_DE.UTF-8}. */
    public Builder locale(String name) {
      collate = name;
      provider = provider == null ? LocaleProvider.LIBC : provider;
      return this;
    }

    /** Texts are compared by ICU with that locale: {@code de-DE}. PostgreSQL 15 and later. */
    public Builder icuLocale(String name) {
      provider = LocaleProvider.ICU;
      locale = name;
      return this;
    }

    /** More rules for ICU. PostgreSQL 16 and later. */
    public Builder icuRules(String rules) {
      icuRules = rules;
      return this;
    }

    /**
     * Texts are compared by the server itself, whatever the operating system: {@code C.UTF-8}.
     * PostgreSQL 17 and later.
     */
    public Builder builtinLocale(String name) {
      provider = LocaleProvider.BUILTIN;
      locale = name;
      return this;
    }

    /** The tablespace of what names no other. */
    public Builder tablespace(String name) {
      tablespace = name;
      return this;
    }

    /** The database that is copied; {@code template0}, which is empty, by default. */
    public Builder template(String database) {
      template = database;
      return this;
    }

    /** How many sessions it takes at a time, ≥ 0; without limit by default. */
    public Builder connectionLimit(int sessions) {
      if (sessions < 0) {
        throw new IllegalArgumentException("connectionLimit must not be negative");
      }
      connectionLimit = sessions;
      return this;
    }

    /** The options. */
    public DatabaseOptions build() {
      if (icuRules != null && provider != LocaleProvider.ICU) {
        throw new IllegalStateException("icuRules go with icuLocale");
      }
      return new DatabaseOptions(this);
    }
  }
}
