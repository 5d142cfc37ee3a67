package io.holdfast.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.format.FormatException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecordBufferTest {
  private final RecordBuffer buffer = new RecordBuffer(100, 50);

  RecordBufferTest() {
    buffer.reset("users", 3, 10);
  }

  @Test
  void recordsComeOutJoinedAsTheyStandInAFrame() {
    buffer.record("{\"a\":1}");
    buffer.begin();
    buffer.append((byte) '{');
    buffer.append("\"é\":2".getBytes(StandardCharsets.UTF_8), 0, 6);
    byte[] array = buffer.ensure(1);
    array[buffer.position()] = '}';
    buffer.position(buffer.position() + 1);
    buffer.end();

    RecordBatch batch = buffer.batch();
    assertThat(batch.toStrings()).containsExactly("{\"a\":1}", "{\"é\":2}");
    assertThat(batch.count()).isEqualTo(2);
    assertThat(new String(batch.array(), 0, batch.lengthBytes(), StandardCharsets.UTF_8))
        .isEqualTo("{\"a\":1},\n{\"é\":2}");
  }

  @Test
  void itIsFullFromItsTargetOn() {
    String record = "{\"a\":\"" + "x".repeat(40) + "\"}";
    buffer.record(record);
    buffer.record(record);
    assertThat(buffer.isFull()).isFalse();
    buffer.record(record);
    assertThat(buffer.isFull()).isTrue();
    buffer.reset("users", 3, 13);
    assertThat(buffer.isFull()).isFalse();
    assertThat(buffer.count()).isZero();
  }

  @Test
  void aRecordOverTheLimitIsNamedWithCollectionSplitAndNumber() {
    buffer.record("{}");
    assertThatThrownBy(() -> buffer.record("{\"a\":\"" + "x".repeat(43) + "\"}"))
        .isInstanceOfSatisfying(
            FormatException.class,
            e -> assertThat(e.kind()).isEqualTo(FormatException.Kind.TOO_LARGE))
        .hasMessageContaining("Record 12 in split 3 of collection users")
        .hasMessageContaining("51 bytes")
        .hasMessageContaining("limit is 50");
  }

  @Test
  void aRecordOfJustTheLimitIsTaken() {
    buffer.record("{\"a\":\"" + "x".repeat(42) + "\"}");
    assertThat(buffer.batch().lengthBytes()).isEqualTo(50);
  }

  @Test
  void whatNoArrayCanHoldIsRefusedAndNotAllocated() {
    buffer.begin();
    assertThatThrownBy(() -> buffer.ensure(Integer.MAX_VALUE)).isInstanceOf(FormatException.class);
  }

  @Test
  void aRecordThatIsOverTheLimitAlreadyDoesNotGrowFurther() {
    buffer.begin();
    byte[] piece = new byte[200];
    buffer.append(piece, 0, piece.length);
    assertThatThrownBy(() -> buffer.append(piece, 0, piece.length))
        .isInstanceOf(FormatException.class);
  }

  @Test
  void whatDoesNotStandInBracesIsRefused() {
    for (String bad : List.of("", "{", "}", "[]", "{} ", "null")) {
      buffer.reset("users", 0, 0);
      assertThatThrownBy(() -> buffer.record(bad))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("users");
    }
  }

  @Test
  void recordsAreBegunAndEndedInTurn() {
    assertThatThrownBy(buffer::end).hasMessageContaining("not begun");
    buffer.begin();
    assertThatThrownBy(buffer::begin).hasMessageContaining("not ended");
    assertThatThrownBy(buffer::batch).hasMessageContaining("not ended");
    buffer.reset("users", 3, 10);
    buffer.record("{}");
    assertThat(buffer.batch().toStrings()).containsExactly("{}");
  }

  @Test
  void extraordinarySizeIsLetGo() {
    RecordBuffer large = new RecordBuffer(100, 1 << 20);
    large.reset("users", 0, 0);
    large.record("{\"a\":\"" + "x".repeat(100_000) + "\"}");
    assertThat(large.array().length).isGreaterThan(100_000);
    large.reset("users", 0, 1);
    assertThat(large.array().length).isLessThan(1_000);
  }

  @Test
  void aBatchIsAView() {
    byte[] bytes = "xx{},\n{\"a\":1}yy".getBytes(StandardCharsets.UTF_8);
    RecordBatch batch = new RecordBatch(bytes, 2, bytes.length - 2, 2);
    assertThat(batch.toStrings()).containsExactly("{}", "{\"a\":1}");
    assertThat(batch.endOfRecord(2)).isEqualTo(4);
    assertThat(batch.endOfRecord(6)).isEqualTo(batch.end());
    assertThat(batch.array()).isSameAs(bytes);
    assertThat(RecordBatch.of(List.of("{}", "{\"a\":1}")).lengthBytes())
        .isEqualTo(batch.lengthBytes());
  }
}
