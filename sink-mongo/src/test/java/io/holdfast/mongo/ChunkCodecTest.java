package io.holdfast.mongo;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.bson.BsonBinary;
import org.bson.BsonBinaryReader;
import org.bson.BsonBinaryWriter;
import org.bson.BsonDocument;
import org.bson.BsonDocumentReader;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonReader;
import org.bson.BsonSerializationException;
import org.bson.BsonString;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.codecs.DecoderContext;
import org.bson.codecs.EncoderContext;
import org.bson.io.BasicOutputBuffer;
import org.junit.jupiter.api.Test;

/** How the chunks of an object are read. */
final class ChunkCodecTest {
  private static final byte[] DATA = {1, 2, 3, 4, 5};

  private final ChunkBuffers buffers = new ChunkBuffers();
  private final ChunkCodec codec = new ChunkCodec(buffers);

  @Test
  void readsTheFieldsInAnyOrderAndWhatOthersAdded() {
    Chunk chunk =
        decode(
            new BsonDocument("added", new BsonString("by somebody"))
                .append("data", new BsonBinary(DATA))
                .append("more", new BsonDocument("a", new BsonInt32(1)))
                .append("crc32c", new BsonInt64(0xffff_fffeL))
                .append("n", new BsonInt32(7)));
    assertThat(chunk.number()).isEqualTo(7);
    assertThat(chunk.crc32c()).isEqualTo(0xffff_fffeL);
    assertThat(bytes(chunk)).isEqualTo(DATA);
  }

  @Test
  void fillsABufferThatIsNotUsedAnyMore() {
    byte[] used = new byte[10];
    Arrays.fill(used, (byte) 9);
    buffers.giveBack(used);
    Chunk chunk = decode(new BsonDocument("data", new BsonBinary(DATA)));
    assertThat(chunk.buffer()).isSameAs(used);
    assertThat(bytes(chunk)).isEqualTo(DATA);
  }

  @Test
  void doesNotFillABufferThatIsTooSmallOrStillUsed() {
    byte[] small = new byte[DATA.length - 1];
    buffers.giveBack(small);
    Chunk first = decode(new BsonDocument("data", new BsonBinary(DATA)));
    Chunk second = decode(new BsonDocument("data", new BsonBinary(new byte[] {6})));
    assertThat(bytes(first)).isEqualTo(DATA);
    assertThat(bytes(second)).containsExactly(6);
    assertThat(second.buffer()).isNotSameAs(first.buffer());
  }

  @Test
  void leavesOutWhatIsMissingOrOfAnotherType() {
    Chunk nothing = decode(new BsonDocument());
    assertThat(nothing.number()).isEqualTo(-1);
    assertThat(nothing.crc32c()).isEqualTo(-1);
    assertThat(nothing.lengthBytes()).isEqualTo(-1);
    Chunk strange =
        decode(
            new BsonDocument("n", new BsonString("1"))
                .append("crc32c", new BsonString("1"))
                .append("data", new BsonString("AQID")));
    assertThat(strange.number()).isEqualTo(-1);
    assertThat(strange.crc32c()).isEqualTo(-1);
    assertThat(strange.lengthBytes()).isEqualTo(-1);
  }

  @Test
  void takesTheChecksumInAnyTypeOfNumber() {
    assertThat(decode(new BsonDocument("crc32c", new BsonInt32(5))).crc32c()).isEqualTo(5);
    assertThat(decode(new BsonDocument("crc32c", new BsonDouble(4e9))).crc32c())
        .isEqualTo(4_000_000_000L);
  }

  @Test
  void anEmptyChunkIsNoMissingOne() {
    assertThat(decode(new BsonDocument("data", new BsonBinary(new byte[0]))).lengthBytes())
        .isZero();
  }

  @Test
  void takesNoMemoryForALengthThatNoDocumentHas() {
    ByteBuffer document = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    document.putInt(64).put((byte) 5).put("data\0".getBytes(US_ASCII));
    document.putInt(Integer.MAX_VALUE).put((byte) 0).rewind();
    try (BsonBinaryReader reader = new BsonBinaryReader(document)) {
      assertThatThrownBy(() -> codec.decode(reader, DecoderContext.builder().build()))
          .isInstanceOf(BsonSerializationException.class)
          .hasMessageContaining("2147483647");
    }
  }

  @Test
  void readsFromReadersOfOtherKinds() {
    BsonReader reader = new BsonDocumentReader(new BsonDocument("data", new BsonBinary(DATA)));
    assertThat(bytes(codec.decode(reader, DecoderContext.builder().build()))).isEqualTo(DATA);
  }

  private Chunk decode(BsonDocument document) {
    try (BasicOutputBuffer out = new BasicOutputBuffer();
        BsonBinaryWriter writer = new BsonBinaryWriter(out)) {
      new BsonDocumentCodec().encode(writer, document, EncoderContext.builder().build());
      try (BsonBinaryReader reader = new BsonBinaryReader(ByteBuffer.wrap(out.toByteArray()))) {
        return codec.decode(reader, DecoderContext.builder().build());
      }
    }
  }

  private static byte[] bytes(Chunk chunk) {
    return Arrays.copyOf(chunk.buffer(), chunk.lengthBytes());
  }
}
