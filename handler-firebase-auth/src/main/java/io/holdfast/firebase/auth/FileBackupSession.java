package io.holdfast.firebase.auth;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.firebase.auth.internal.file.FileProblems;
import io.holdfast.firebase.auth.internal.file.UserFile;
import io.holdfast.firebase.auth.internal.file.UserJson;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.CollectionInfo;
import io.holdfast.spi.Consistency;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.NotCaptured;
import io.holdfast.spi.SourceInfo;
import io.holdfast.spi.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Reads one state of a file: whether it stayed the same is checked at the end. */
final class FileBackupSession implements BackupSession {
  private final Path file;
  private final Optional<HashParameters> hash;
  private final BackupRequest request;
  private final BasicFileAttributes opened;

  private FileBackupSession(
      Path file, Optional<HashParameters> hash, BackupRequest request, BasicFileAttributes opened) {
    this.file = file;
    this.hash = hash;
    this.request = request;
    this.opened = opened;
  }

  static FileBackupSession open(
      Path file, Optional<HashParameters> hash, BackupRequest request, boolean plaintextAllowed) {
    if (!request.encrypted() && !plaintextAllowed) {
      throw FileProblems.unsupported(
          "A backup of users holds their password hashes and is not going to be encrypted. Set an"
              + " encryption, or allow it with allowPlaintext() or ?allowPlaintext=true. Nothing"
              + " was read.");
    }
    List<String> unmatched = request.filter().unmatchedIncludes(List.of(FileProblems.USERS));
    if (!unmatched.isEmpty()) {
      throw new HandlerException(
          HandlerException.Kind.NOT_FOUND,
          null,
          "A file of users has the collection users only; there is none of " + unmatched + ".",
          null);
    }
    return new FileBackupSession(file, hash, request, attributes(file));
  }

  private static BasicFileAttributes attributes(Path file) {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class);
    } catch (IOException e) {
      throw FileProblems.translate(e, "Cannot read", file);
    }
  }

  @Override
  public SourceInfo source() {
    return new SourceInfo(
        FirebaseAuthFile.NAME,
        String.valueOf(file.getFileName()),
        "",
        opened.lastModifiedTime().toInstant(),
        Consistency.FUZZY);
  }

  @Override
  public ObjectNode schema() {
    ObjectNode schema = UserJson.MAPPER.createObjectNode().put("documents", true);
    ObjectNode auth = schema.putObject("firebase_auth").put("version", 1);
    hash.ifPresent(parameters -> auth.set("hash", parameters.toConfig()));
    return schema;
  }

  @Override
  public List<CollectionInfo> collections() {
    return request.filter().accepts(FileProblems.USERS)
        ? List.of(new CollectionInfo(FileProblems.USERS, -1, opened.size()))
        : List.of();
  }

  @Override
  public List<Split> splits(CollectionInfo collection) {
    return List.of(new Split(collection.name(), 0, Map.of(), opened.size()));
  }

  @Override
  public List<NotCaptured> notCaptured() {
    return hash.isPresent()
        ? List.of()
        : List.of(
            new NotCaptured(
                "hash parameters of the passwords",
                "a file of users does not hold them, and none were given (readHash, ?hash=)"
                    + (UserFile.isCsv(file) ? "; CSV has no second factors either" : "")));
  }

  @Override
  public void finish() {
    BasicFileAttributes now = attributes(file);
    if (now.size() != opened.size()
        || !now.lastModifiedTime().equals(opened.lastModifiedTime())
        || !Objects.equals(now.fileKey(), opened.fileKey())) {
      throw new HandlerException(
          HandlerException.Kind.SNAPSHOT_LOST,
          FileProblems.USERS,
          file + " was changed while it was read. Back it up again once it is complete.",
          null,
          true);
    }
  }

  @Override
  public void close() {}
}
