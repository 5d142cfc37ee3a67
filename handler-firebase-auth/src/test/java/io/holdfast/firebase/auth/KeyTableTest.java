package io.holdfast.firebase.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.firebase.auth.internal.users.KeyTable;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KeyTableTest {
  @Test
  void tellsWhatAMapTells() {
    long seed = System.nanoTime();
    System.out.println("Seed of the keys: " + seed);
    Random random = new Random(seed);
    KeyTable table = KeyTable.map();
    KeyTable set = KeyTable.set();
    Map<String, Long> map = new HashMap<>();
    for (int i = 0; i < 100_000; i++) {
      String key = "k" + random.nextInt(60_000);
      long value = i + 1L;
      Long there = map.putIfAbsent(key, value);
      assertThat(table.put(key, value)).isEqualTo(there == null ? KeyTable.NONE : there);
      assertThat(set.add(key)).isEqualTo(there == null);
    }
    assertThat(table.size()).isEqualTo(map.size()).isEqualTo(set.size());
    map.forEach((key, value) -> assertThat(table.get(key)).isEqualTo(value));
    assertThat(table.get("another")).isEqualTo(KeyTable.NONE);
    assertThat(set.get("another")).isEqualTo(KeyTable.NONE);
  }
}
