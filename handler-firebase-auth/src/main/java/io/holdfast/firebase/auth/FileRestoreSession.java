package io.holdfast.firebase.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.RestoreMode;
import io.holdfast.firebase.auth.internal.file.ExportedUser;
import io.holdfast.firebase.auth.internal.file.FileProblems;
import io.holdfast.firebase.auth.internal.file.LeftOut;
import io.holdfast.firebase.auth.internal.file.NewFile;
import io.holdfast.firebase.auth.internal.file.UserFile;
import io.holdfast.firebase.auth.internal.file.UserJson;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.RecordBatch;
import io.holdfast.spi.RestorePlan;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Writes a new file beside the one that is there, which it replaces when it is whole. */
final class FileRestoreSession implements RestoreSession {
  private static final String TENANTS = "tenants";

  private final Path file;
  private final RestoreRequest request;
  private final Optional<HashParameters> given;
  private final Optional<Path> writeHash;
  private final Optional<String> tenant;
  private final LeftOut leftOut = new LeftOut();
  private final ExportedUser exported = new ExportedUser(leftOut);
  private final Map<String, Long> taken = new TreeMap<>();
  private Optional<HashParameters> hash = Optional.empty();
  private @Nullable NewFile users;
  private @Nullable NewFile hashFile;
  private long written;
  private boolean closed;

  FileRestoreSession(
      Path file,
      RestoreRequest request,
      Optional<HashParameters> given,
      Optional<Path> writeHash,
      Optional<String> tenant) {
    this.file = file;
    this.request = request;
    this.given = given;
    this.writeHash = writeHash;
    this.tenant = tenant;
  }

  @Override
  public Ordering ordering() {
    return Ordering.ANY;
  }

  @Override
  public RestorePlan prepare() {
    if (UserFile.isCsv(file)) {
      throw FileProblems.unsupported("CSV is only read. Restore into a file that ends in .json.");
    }
    if (request.mode() == RestoreMode.MERGE) {
      throw FileProblems.unsupported(
          "A file of users cannot be merged into. Restore into a new file, or REPLACE this one.");
    }
    JsonNode schema = request.header().schema();
    if (!schema.isEmpty() && !schema.path("documents").asBoolean(false)) {
      throw new HandlerException(
          Kind.MISMATCH,
          null,
          "The backup holds rows of tables and no users of Firebase. " + file + " is unchanged.",
          null);
    }
    request.expectedRecords().ifPresent(expected -> expected.keySet().forEach(this::requireKnown));
    requireFree(file);
    writeHash.ifPresent(this::requireFree);
    hash = given.or(() -> ofBackup(schema.path("firebase_auth")));
    if (writeHash.isPresent() && hash.isEmpty()) {
      throw FileProblems.unsupported(
          "The backup holds no hash parameters to write. Give them, or do not ask for a file of"
              + " them.");
    }
    List<String> steps = new ArrayList<>();
    steps.add("Write " + file + tenant.map(id -> " with the users of tenant " + id).orElse(""));
    writeHash.ifPresent(path -> steps.add("Write the hash parameters to " + path));
    return new RestorePlan(true, steps, warnings());
  }

  private List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    warnings.add("The file holds password hashes in plain text; only its owner may read it.");
    if (hash.isEmpty()) {
      warnings.add("The backup holds no hash parameters, without which passwords are of no use.");
    }
    if (hash.filter(parameters -> parameters.algorithm() == HashParameters.Algorithm.ARGON2)
        .isPresent()) {
      warnings.add("firebase auth:import does not know ARGON2; users can sign in by other means.");
    }
    return warnings;
  }

  /** The chosen tenant's parameters, or the project's. */
  private Optional<HashParameters> ofBackup(JsonNode auth) {
    JsonNode config =
        tenant.map(id -> auth.path(TENANTS).path(id).path("hash")).orElse(auth.path("hash"));
    if (!(config instanceof ObjectNode object)) {
      return Optional.empty();
    }
    try {
      return Optional.of(HashParameters.ofConfig(object));
    } catch (IllegalArgumentException e) {
      throw new HandlerException(
          Kind.UNSUPPORTED, null, "In the backup: " + e.getMessage() + " Nothing was written.", e);
    }
  }

  private void requireKnown(String collection) {
    if (!collection.equals(FileProblems.USERS) && !collection.equals(TENANTS)) {
      throw new HandlerException(
          Kind.MISMATCH,
          collection,
          "A file of users takes the collection users only, and not "
              + collection
              + ". Leave it out, or restore into something else. "
              + file
              + " is unchanged.",
          null);
    }
  }

  private void requireFree(Path path) {
    Path folder = path.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new HandlerException(
          Kind.NOT_FOUND, null, "The folder of " + path + " is not there. Create it.", null);
    }
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
      throw FileProblems.unsupported(path + " is there and is no regular file.");
    }
    if (request.mode() != RestoreMode.REPLACE) {
      throw new HandlerException(
          Kind.NOT_EMPTY,
          null,
          path + " is there. Restore into a new file, or REPLACE it. Nothing was changed.",
          null);
    }
  }

  @Override
  public synchronized void begin() {
    try {
      NewFile begun = new NewFile(file);
      users = begun;
      begun.write("{\"users\": [\n".getBytes(UTF_8));
      if (writeHash.isPresent() && hash.isPresent()) {
        NewFile second = new NewFile(writeHash.get());
        hashFile = second;
        second.write(
            UserJson.MAPPER
                .writerWithDefaultPrettyPrinter()
                .writeValueAsBytes(hash.get().toConfig()));
        second.write(new byte[] {'\n'});
      }
    } catch (IOException e) {
      throw FileProblems.translate(e, "Cannot write", file);
    }
  }

  @Override
  public synchronized void write(String collection, RecordBatch batch) {
    NewFile open = users;
    if (closed || open == null) {
      throw new HandlerException(Kind.OTHER, collection, "The restore was closed.", null);
    }
    requireKnown(collection);
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    for (int from = batch.start(); from < batch.end(); ) {
      int to = batch.endOfRecord(from);
      append(collection, record(batch.array(), from, to), text);
      from = to + 2;
    }
    try {
      open.write(text.toByteArray());
    } catch (IOException e) {
      throw FileProblems.translate(e, "Cannot write", file);
    }
    taken.merge(collection, (long) batch.count(), Long::sum);
  }

  private static ObjectNode record(byte[] bytes, int from, int to) {
    JsonNode node = null;
    try {
      node = UserJson.MAPPER.readTree(bytes, from, to - from);
    } catch (IOException e) {
      // Said below, without the cause, whose message shows a part of the record.
    }
    if (node instanceof ObjectNode object) {
      return object;
    }
    throw FileProblems.unsupported(
        "A record is no JSON object, or is nested too deeply. Nothing was written.");
  }

  private void append(String collection, ObjectNode record, ByteArrayOutputStream text) {
    String id = ExportedUser.id(record);
    if (collection.equals(TENANTS)) {
      leftOut.add("tenants themselves", id);
      return;
    }
    Optional<String> owner = ExportedUser.tenant(record);
    if (tenant.isEmpty() && owner.isPresent()) {
      throw FileProblems.unsupported(
          "User "
              + id
              + " belongs to the tenant "
              + owner.get()
              + ", which the file cannot say. Choose one tenant (tenant(id), ?tenant=id) for a file"
              + " of its users alone. Nothing was written.");
    }
    if (!owner.equals(tenant)) {
      leftOut.add(owner.map(other -> "users of tenant " + other).orElse("users of no tenant"), id);
      return;
    }
    if (written++ > 0) {
      text.writeBytes(new byte[] {',', '\n'});
    }
    text.writeBytes(exported.of(record));
  }

  /** Counts what was left out by choice, too: the report tells of it. */
  @Override
  public synchronized Map<String, Long> recordsWritten() {
    return Map.copyOf(taken);
  }

  @Override
  public synchronized void finish() {
    NewFile open = users;
    if (closed || open == null) {
      throw new HandlerException(Kind.OTHER, null, "The restore was closed.", null);
    }
    boolean replace = request.mode() == RestoreMode.REPLACE;
    Path at = file;
    try {
      open.write("]}".getBytes(UTF_8));
      NewFile second = hashFile;
      if (second != null) {
        at = writeHash.orElse(file);
        second.publish(replace);
        at = file;
      }
      open.publish(replace);
    } catch (IOException e) {
      throw FileProblems.translate(e, "Cannot write", at);
    }
  }

  @Override
  public synchronized List<String> report() {
    List<String> report = new ArrayList<>(leftOut.sentences());
    if (tenant.isPresent()) {
      report.add("The file has " + written + " users, of tenant " + tenant.get() + ".");
    }
    return report;
  }

  @Override
  public synchronized void close() {
    closed = true;
    try {
      if (users != null) {
        users.close();
      }
      if (hashFile != null) {
        hashFile.close();
      }
    } catch (IOException e) {
      throw FileProblems.translate(e, "Cannot clear up beside", file);
    }
  }
}
