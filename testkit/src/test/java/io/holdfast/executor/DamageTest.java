package io.holdfast.executor;

import static io.holdfast.executor.Bench.ID;
import static io.holdfast.executor.Bench.executor;
import static io.holdfast.executor.Bench.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.AgeKeyPair;
import io.holdfast.BackupException;
import io.holdfast.BackupExecutor;
import io.holdfast.Compression;
import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.spi.ObjectKey;
import io.holdfast.testkit.FaultyHandler;
import io.holdfast.testkit.FaultyHandler.Step;
import io.holdfast.testkit.MemoryDatabase;
import io.holdfast.testkit.MemoryHandler;
import io.holdfast.testkit.MemorySink;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever happens to the bytes of a backup is noticed, before a target is changed for good. */
@Timeout(300)
final class DamageTest {
  private static final int PLACES = 320;
  private static final AgeKeyPair PAIR = AgeKeyPair.generate();

  static Stream<Arguments> forms() {
    List<Arguments> forms = new ArrayList<>();
    for (Compression compression :
        List.of(Compression.zstd(1), Compression.gzip(1), Compression.none())) {
      forms.add(Arguments.of(compression, Encryption.none()));
      forms.add(Arguments.of(compression, Encryption.recipients(PAIR.recipient())));
    }
    return forms.stream();
  }

  @ParameterizedTest
  @MethodSource("forms")
  void oneBitACutOrAnAdditionAnywhereIsNoticed(Compression compression, Encryption encryption) {
    long seed = System.nanoTime();
    System.out.println("DamageTest " + compression + ", " + encryption + ", seed " + seed);
    Random random = new Random(seed);
    MemorySink sink = new MemorySink();
    MemoryDatabase target =
        new MemoryDatabase("target").insert("c1", "{\"id\":\"mine\"}").insert("own", "{\"id\":1}");
    Map<String, String> before = target.contentHashes();
    FaultyHandler atomic = FaultyHandler.around(MemoryHandler.of(target)).build();
    FaultyHandler plain =
        FaultyHandler.around(MemoryHandler.builder(target).atomic(false).build()).build();
    BackupExecutor.Builder builder =
        executor(MemoryHandler.builder(Bench.bulk(9, 3, 6, 200)).splits(3).build(), sink)
            .compression(compression)
            .encryption(encryption)
            .decryptionKeys(DecryptionKeys.identities(PAIR.identity()))
            .restoreOptions(RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE));
    builder.build().createBackup();
    BackupExecutor intoAtomic = builder.target(atomic).build();
    BackupExecutor intoPlain = builder.target(plain).build();
    List<String> unnoticed = new ArrayList<>();
    for (String name : Bench.keys(sink)) {
      ObjectKey key = key(name);
      byte[] whole = sink.bytes(key).orElseThrow();
      for (int i = 0; i < PLACES; i++) {
        String what = damage(sink, key, whole, random);
        if (!(catchThrowable(() -> intoAtomic.verify(ID)) instanceof BackupException)) {
          unnoticed.add("verify: " + what);
        }
        if (!(catchThrowable(() -> intoAtomic.restoreFromBackup(ID)) instanceof BackupException)) {
          unnoticed.add("atomic restore: " + what);
        }
        if (!(catchThrowable(() -> intoPlain.restoreFromBackup(ID)) instanceof BackupException)) {
          unnoticed.add("other restore: " + what);
        }
      }
      sink.tamper(key, whole);
    }
    assertThat(unnoticed).isEmpty();
    assertThat(atomic.calls(Step.FINISH_RESTORE)).isZero();
    assertThat(plain.calls(Step.BEGIN)).isZero();
    assertThat(target.contentHashes()).isEqualTo(before);
    assertThat(Bench.workers()).isEmpty();
    // And what was not damaged passes.
    intoPlain.verify(ID);
    intoAtomic.restoreFromBackup(ID);
    assertThat(target.records("c1")).hasSize(6);
  }

  private static String damage(MemorySink sink, ObjectKey key, byte[] whole, Random random) {
    int kind = random.nextInt(4);
    int place = random.nextInt(whole.length);
    byte[] damaged;
    String what;
    if (kind <= 1) {
      damaged = whole.clone();
      int bit = random.nextInt(8);
      damaged[place] ^= (byte) (1 << bit);
      what = "bit " + bit + " of byte " + place;
    } else if (kind == 2) {
      damaged = Arrays.copyOf(whole, place);
      what = "cut at " + place;
    } else {
      byte[] more = new byte[1 + random.nextInt(40)];
      random.nextBytes(more);
      if (random.nextBoolean()) {
        Arrays.fill(more, (byte) '\n');
      }
      damaged = Arrays.copyOf(whole, whole.length + more.length);
      System.arraycopy(more, 0, damaged, whole.length, more.length);
      what = more.length + " bytes added";
    }
    sink.tamper(key, damaged);
    return key + ": " + what + " of " + whole.length;
  }

  /**
   * Damage that keeps lengths and checksums cannot happen by accident; lies are refused all the
   * same.
   */
  @Test
  void aManifestThatIsSealedAndLiesIsRefusedWithAnErrorOfOurs() throws Exception {
    MemorySink sink = new MemorySink();
    MemoryDatabase target = new MemoryDatabase("target");
    BackupExecutor executor =
        executor(MemoryHandler.builder(Bench.bulk(9, 2, 4, 50)).splits(2).build(), sink)
            .target(MemoryHandler.of(target))
            .build();
    executor.createBackup();
    ObjectKey key = key(ID + ".manifest.json");
    byte[] whole = sink.bytes(key).orElseThrow();
    ObjectMapper mapper = new ObjectMapper();
    List<String> paths = new ArrayList<>();
    collect(mapper.readTree(whole), "", paths);
    List<String> wrong = new ArrayList<>();
    List<String> lies =
        List.of(
            "null",
            "-1",
            "0",
            "7",
            "9223372036854775807",
            "1e400",
            "\"\"",
            "\"x\"",
            "{}",
            "[]",
            "[[]]",
            "[null]",
            "true",
            "\"../../etc/passwd\"");
    for (String path : paths) {
      for (String lie : lies) {
        JsonNode tree = mapper.readTree(whole);
        String pointer = path.substring(0, path.lastIndexOf('/'));
        String last = path.substring(path.lastIndexOf('/') + 1);
        JsonNode parent = tree.at(pointer);
        if (parent instanceof ObjectNode object) {
          object.set(last, mapper.readTree(lie));
        } else if (parent instanceof ArrayNode array) {
          array.set(Integer.parseInt(last), mapper.readTree(lie));
        }
        ((ObjectNode) tree).remove("sha256");
        String text = mapper.writeValueAsString(tree);
        String body = text.substring(0, text.length() - 1) + ",\n";
        String seal = Bench.sha256(body.getBytes(StandardCharsets.UTF_8));
        sink.tamper(
            key, (body + "\"sha256\":\"" + seal + "\"}\n").getBytes(StandardCharsets.UTF_8));
        for (Throwable thrown :
            Arrays.asList(
                catchThrowable(executor::list),
                catchThrowable(() -> executor.verify(ID)),
                catchThrowable(() -> executor.restoreFromBackup(ID)))) {
          if (thrown != null && !(thrown instanceof BackupException)) {
            wrong.add(path + " = " + lie + ": " + thrown);
          }
        }
        if (!target.counts().isEmpty()) {
          // Some keys may say anything without changing what is restored; the records are right.
          assertThat(target.counts().values()).containsExactly(4L, 4L);
          target.drop("c0").drop("c1");
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static void collect(JsonNode node, String path, List<String> paths) {
    if (!path.isEmpty()) {
      paths.add(path);
    }
    if (node.isObject()) {
      node.fieldNames().forEachRemaining(name -> collect(node.get(name), path + "/" + name, paths));
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        collect(node.get(i), path + "/" + i, paths);
      }
    }
  }
}
