package io.holdfast.firestore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.holdfast.BackupExecutor;
import io.holdfast.RestoreOptions;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.testkit.MemoryBackup;
import io.holdfast.testkit.Pump;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Records that were made by hand, by mistake or with intent, and are no documents. */
class FirestoreFaultInputTest extends FirestoreFaults {
  private static final String SECRET = "s3cret";

  static final List<String> IDS =
      Stream.of(
              "\"..\"",
              "\".\"",
              "\"\"",
              "\"s3cret/b\"",
              "\"../s3cret\"",
              "\"__s3cret__\"",
              "\"__id9223372036854775808__\"",
              "\"s3cret" + "x".repeat(2_000) + "\"",
              "\"s3cret" + "é".repeat(800) + "\"",
              "\"s3cret\\ud800\"",
              "\"\\udc00s3cret\"",
              "5",
              "null",
              "{\"s3cret\":1}",
              "\"a\",\"id\":\"s3cret\"")
          .map("{\"id\":%s}"::formatted)
          .toList();

  static final List<String> PARENTS =
      Stream.of(
              "\"s3cret\"",
              "\"users/u/s3cret\"",
              "\"/s3cret/u\"",
              "\"s3cret//x\"",
              "\"s3cret/u/\"",
              "\"s3cret/..\"",
              "\"__s3cret__/u\"",
              "\"s3cret/\\ud800\"",
              "\"s3cret/" + "x".repeat(2_000) + "\"",
              "7",
              "\"a/b\",\"$parent\":\"s3cret/c\"")
          .map("{\"id\":\"a\",\"$parent\":%s}"::formatted)
          .toList();

  static final List<String> VALUES =
      Stream.of(
              nested(10_000),
              nested(150),
              "[[\"s3cret\"]]",
              "1e400",
              "-1e400",
              "9223372036854775808",
              "1".repeat(20_000),
              "\"s3cret\\ud800\"",
              "{\"s3cret\\ud800\":1}",
              "{\"s3cret\":1,\"s3cret\":2}",
              "1,\"f\":\"s3cret\"",
              "1,\"$s3cret\":1",
              "{\"$s3cret\":1}",
              "{\"$date\":\"s3cret\"}",
              "{\"$date\":\"99999-01-01T00:00:00Z\"}",
              "{\"$date\":\"2020-01-01T00:00:00Z\",\"s3cret\":1}",
              "{\"$date\":12}",
              "{\"$numberDouble\":\"s3cret\"}",
              "{\"$numberDouble\":\"1e999\"}",
              "{\"$numberDouble\":\"0x1p3\"}",
              "{\"$binary\":\"s3cret\"}",
              "{\"$binary\":{\"base64\":\"s3cret%\"}}",
              "{\"$binary\":{\"s3cret\":\"\"}}",
              "{\"$binary\":{}}",
              "{\"$ref\":5}",
              "{\"$ref\":\"s3cret\"}",
              "{\"$ref\":\"s3cret//x\"}",
              "{\"$ref\":\"s3cret/..\"}",
              "{\"$ref\":\"projects/p/databases/d/documents/s3cret/__x__\"}",
              "{\"$ref\":\"\"}",
              "{\"$geo\":[91,0]}",
              "{\"$geo\":[1]}",
              "{\"$geo\":\"s3cret\"}",
              "{\"$vector\":[\"s3cret\"]}",
              "{\"$vector\":[[1]]}",
              "{\"$text\":\"s3cret!\"}",
              "{\"$text\":\"7aCA\"}",
              "{\"$map\":[[1,2]]}",
              "{\"$map\":[[\"s3cret\",1],[\"s3cret\",2]]}",
              "{\"$map\":\"s3cret\"}")
          .map("{\"id\":\"a\",\"f\":%s}"::formatted)
          .toList();

  @TempDir Path folder;

  private static String nested(int levels) {
    return "{\"s3cret\":".repeat(levels) + "1" + "}".repeat(levels);
  }

  private void isRefused(String record) {
    MemoryBackup backup =
        new MemoryBackup(
            Pump.create().read(handler(source)).header(),
            Map.of("users", List.of("{\"id\":\"good\"}", record)),
            List.of());
    FirestoreHandler into = handler(target);
    HandlerException failure =
        failure(Kind.MISMATCH, () -> Pump.create().write(backup, into), "collection users");
    assertThat(failure.collection()).hasValue("users");
    assertKeepsSecret(failure);
  }

  private static void assertKeepsSecret(Throwable failure) {
    for (Throwable one = failure; one != null; one = one.getCause()) {
      assertThat(String.valueOf(one.getMessage())).doesNotContain(SECRET);
      for (Throwable suppressed : one.getSuppressed()) {
        assertThat(String.valueOf(suppressed.getMessage())).doesNotContain(SECRET);
      }
    }
  }

  @ParameterizedTest
  @FieldSource("IDS")
  void anIdThatNoDocumentMayHaveIsRefused(String record) {
    isRefused(record);
  }

  @ParameterizedTest
  @FieldSource("PARENTS")
  void aParentThatIsNoDocumentIsRefused(String record) {
    isRefused(record);
  }

  @ParameterizedTest
  @FieldSource("VALUES")
  void aValueThatFirestoreCannotHoldIsRefused(String record) {
    isRefused(record);
  }

  @Test
  void aRecordWithoutAnIdIsRefused() {
    isRefused("{\"f\":\"s3cret\"}");
  }

  /** The file is read by the library before the handler sees it, which may refuse it too. */
  @Test
  void filesOfAllOfThatAreRefusedAsWell() throws Exception {
    try (BackupExecutor executor = building().build()) {
      for (String record : Stream.of(IDS, PARENTS, VALUES).flatMap(List::stream).toList()) {
        target.clear();
        Path file = folder.resolve("file.json");
        Files.writeString(file, "{\"collections\":{\"users\":[{\"id\":\"good\"}," + record + "]}}");
        Throwable thrown =
            catchThrowable(() -> executor.restoreFromFile(file, RestoreOptions.DEFAULT));
        assertThat(thrown).as(record).isNotNull().hasMessageContaining("collection users");
        assertKeepsSecret(thrown);
      }
    }
  }

  @Test
  void fieldNamesThatTheServiceKeepsForItselfAreItsOwnToRefuse() throws Exception {
    try (BackupExecutor executor = building().build()) {
      for (String field : List.of("\"__x__\":1", "\"\":1", "\"f\":{\"__x__\":1}")) {
        target.clear();
        Path file = folder.resolve("file.json");
        Files.writeString(
            file, "{\"collections\":{\"users\":[{\"id\":\"good\"},{\"id\":\"a\"," + field + "}]}}");
        failure(
            Kind.CONSTRAINT,
            () -> executor.restoreFromFile(file, RestoreOptions.DEFAULT),
            "users/a");
      }
    }
  }

  @Test
  void aCollectionThatCannotBeOneIsRefusedBeforeAnythingIsWritten() throws Exception {
    try (BackupExecutor executor = building().build()) {
      for (String name : List.of("..", "a/b", "__x__", "x".repeat(1_501))) {
        Path file = folder.resolve("file.json");
        Files.writeString(file, "{\"collections\":{\"" + name + "\":[{\"id\":\"a\"}]}}");
        failure(
            Kind.MISMATCH,
            () -> executor.restoreFromFile(file, RestoreOptions.DEFAULT),
            "Nothing was changed");
        assertThat(contents(target)).isEmpty();
      }
    }
  }
}
