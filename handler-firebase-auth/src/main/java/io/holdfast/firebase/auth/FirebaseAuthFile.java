package io.holdfast.firebase.auth;

import io.holdfast.ConfigurationException;
import io.holdfast.firebase.auth.internal.file.HashFile;
import io.holdfast.firebase.auth.internal.file.UserFile;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.Location;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import io.holdfast.spi.SplitReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A file of {@code firebase auth:export} in place of a project: backed up like one, and restored
 * into. So what was exported once can become a backup or go into a project, and a backup becomes a
 * file that {@code firebase auth:import} takes. Safe for use by many threads.
 *
 * <p><b>As a source</b> it is JSON, {@code {"users":[…]}}, or CSV, told by the name's ending. It is
 * read as a stream. The users' records are those of a backup of the project, as far as the export
 * went: it leaves out tenants, TOTP factors, many fields, and, without a word, the hashes of
 * imported passwords that nobody has signed in with since. Hash parameters are not in the file;
 * give them by {@link Builder#readHash}, and they stand in the backup's schema as those of a
 * project do.
 *
 * <p><b>As a target</b> it is JSON, with exactly the keys and providers that firebase-tools' import
 * knows, since that aborts at others; what is left out is counted in the report of the restore. The
 * file appears whole, with the rights of its owner only, when the restore finishes; a file that is
 * there is replaced with {@code REPLACE} only, and {@code MERGE} is refused. With {@link
 * Builder#writeHash} the hash parameters are written besides, as JSON of the form {@code
 * {"algorithm":"SCRYPT","signerKey":"…","saltSeparator":"…","rounds":8,"memoryCost":14}}. They go
 * into the flags of an import so:
 *
 * <pre>{@code
 * firebase auth:import users.json --hash-algo=<algorithm> --hash-key=<signerKey>
 *   --salt-separator=<saltSeparator> --rounds=<rounds> --mem-cost=<memoryCost or cpuMemCost>
 *   --parallelization=<parallelization> --block-size=<blockSize> --dk-len=<dkLen>
 *   --hash-input-order=<SALT_FIRST for SALT_AND_PASSWORD, else PASSWORD_FIRST>
 * }</pre>
 *
 * with those that the file has. firebase-tools does not know {@code ARGON2}.
 */
public final class FirebaseAuthFile implements BackupHandler {
  static final String NAME = "firebase-auth-file";

  private final Path file;
  private final Optional<HashParameters> hash;
  private final Optional<Path> writeHash;
  private final Optional<String> tenant;
  private final boolean plaintextAllowed;

  private FirebaseAuthFile(Builder builder, Optional<HashParameters> hash) {
    this.file = builder.file;
    this.hash = hash;
    this.writeHash = builder.writeHash;
    this.tenant = builder.tenant;
    this.plaintextAllowed = builder.plaintextAllowed;
  }

  /**
   * A handler for the file of {@code
   * firebase-auth-file:///path/users.json[?hash=file][&writeHash=file][&tenant=id][&allowPlaintext=true]}.
   *
   * @throws ConfigurationException with every problem of the URI
   */
  public static FirebaseAuthFile at(String uri) {
    return builder(Location.parse(uri)).build();
  }

  /** Begins a handler as {@link #at} makes it. */
  public static Builder builder(Location location) {
    return FirebaseAuthFileUri.parse(location);
  }

  /**
   * Begins a handler for a file.
   *
   * @param file the file, its name ending in {@code .json}, or for reading {@code .csv}
   */
  public static Builder builder(Path file) {
    return new Builder(file);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String location() {
    return NAME + "://" + file.toAbsolutePath();
  }

  /**
   * Opens the file.
   *
   * @throws io.holdfast.spi.HandlerException of kind {@code UNSUPPORTED} if the backup will not be
   *     encrypted and {@link Builder#allowPlaintext} was not called; {@code NOT_FOUND} if there is
   *     no file
   */
  @Override
  public BackupSession openBackup(BackupRequest request) {
    return FileBackupSession.open(file, hash, request, plaintextAllowed);
  }

  @Override
  public SplitReader openReader(BackupRequest request) {
    return new FileSplitReader(file);
  }

  @Override
  public RestoreSession openRestore(RestoreRequest request) {
    return new FileRestoreSession(file, request, hash, writeHash, tenant);
  }

  /** Does nothing: sessions and readers close the file. */
  @Override
  public void close() {}

  @Override
  public String toString() {
    return "FirebaseAuthFile[" + file + "]";
  }

  /** Sets what is not the same for every file. Used by one thread. */
  public static final class Builder {
    private final Path file;
    private final List<String> problems = new ArrayList<>();
    private Optional<Path> readHash = Optional.empty();
    private Optional<HashParameters> hash = Optional.empty();
    private Optional<Path> writeHash = Optional.empty();
    private Optional<String> tenant = Optional.empty();
    private boolean plaintextAllowed;

    private Builder(Path file) {
      this.file = file;
    }

    /**
     * How the passwords of the file's users were hashed. For a restore: of records whose backup
     * does not say it.
     */
    public Builder hash(HashParameters parameters) {
      hash = Optional.of(parameters);
      return this;
    }

    /**
     * The same, from a file: JSON as Google's API tells it or with the console's names, or the text
     * that the Firebase console shows ({@code hash_config {…}}).
     */
    public Builder readHash(Path path) {
      readHash = Optional.of(path);
      return this;
    }

    /** Where a restore writes the hash parameters. By default nowhere. */
    public Builder writeHash(Path path) {
      writeHash = Optional.of(path);
      return this;
    }

    /**
     * Restores only the users of that tenant; others are counted in the report. By default those of
     * the project, and a tenant's user is refused, since the file cannot say which tenant it is.
     */
    public Builder tenant(String id) {
      tenant = Optional.of(id);
      return this;
    }

    /** Allows backups that are not encrypted. They hold the password hashes, and maybe the key. */
    public Builder allowPlaintext() {
      plaintextAllowed = true;
      return this;
    }

    Builder problem(String problem) {
      problems.add(problem);
      return this;
    }

    /**
     * The handler. Reads the hash parameters, and nothing else yet.
     *
     * @throws ConfigurationException with every problem
     */
    public FirebaseAuthFile build() {
      List<String> all = new ArrayList<>(problems);
      String name = file.toString().toLowerCase(Locale.ROOT);
      if (!name.endsWith(".json") && !UserFile.isCsv(file)) {
        all.add("The file's name must end in .json, or in .csv if it is to be read.");
      }
      if (hash.isPresent() && readHash.isPresent()) {
        all.add("Give hash parameters or a file of them, not both.");
      }
      if (tenant.filter(id -> id.isEmpty() || id.contains("/")).isPresent()) {
        all.add("The tenant is not an id.");
      }
      if (writeHash
          .filter(path -> path.toAbsolutePath().equals(file.toAbsolutePath()))
          .isPresent()) {
        all.add("Users and hash parameters cannot go into the same file.");
      }
      Optional<HashParameters> read = readHash.flatMap(path -> read(path, all));
      if (!all.isEmpty()) {
        throw new ConfigurationException(all);
      }
      return new FirebaseAuthFile(this, hash.or(() -> read));
    }

    private static Optional<HashParameters> read(Path path, List<String> problems) {
      try {
        return Optional.of(HashFile.read(path));
      } catch (IOException e) {
        problems.add(
            "The file of hash parameters cannot be read: " + e.getClass().getSimpleName() + ".");
      } catch (IllegalArgumentException e) {
        problems.add("In the file of hash parameters: " + e.getMessage());
      }
      return Optional.empty();
    }
  }
}
