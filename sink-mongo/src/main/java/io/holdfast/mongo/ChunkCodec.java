package io.holdfast.mongo;

import org.bson.BsonBinaryReader;
import org.bson.BsonReader;
import org.bson.BsonSerializationException;
import org.bson.BsonType;
import org.bson.BsonWriter;
import org.bson.codecs.Codec;
import org.bson.codecs.DecoderContext;
import org.bson.codecs.EncoderContext;
import org.bson.io.BsonInput;
import org.bson.io.BsonInputMark;

/**
 * Reads chunks into buffers that are used again. What a document lacks, or has of another type, is
 * left out: whoever knows the object judges.
 */
final class ChunkCodec implements Codec<Chunk> {
  /** What a document may have: https://www.mongodb.com/docs/manual/reference/limits/. */
  private static final int LARGEST_BYTES = 16 << 20;

  private final ChunkBuffers buffers;

  ChunkCodec(ChunkBuffers buffers) {
    this.buffers = buffers;
  }

  @Override
  public Chunk decode(BsonReader reader, DecoderContext context) {
    int number = -1;
    long crc32c = -1;
    byte[] buffer = {};
    int lengthBytes = -1;
    reader.readStartDocument();
    while (reader.readBsonType() != BsonType.END_OF_DOCUMENT) {
      BsonType type = reader.getCurrentBsonType();
      String name = reader.readName();
      if (name.equals(ChunkLayout.NUMBER) && type == BsonType.INT32) {
        number = reader.readInt32();
      } else if (name.equals(ChunkLayout.CRC32C)) {
        crc32c = number(reader, type);
      } else if (name.equals(ChunkLayout.DATA) && type == BsonType.BINARY) {
        lengthBytes = reader.peekBinarySize();
        if (lengthBytes > LARGEST_BYTES) {
          throw new BsonSerializationException(
              "A binary value says that it has " + lengthBytes + " bytes.");
        }
        buffer = buffers.take(lengthBytes);
        read(reader, buffer, lengthBytes);
      } else {
        reader.skipValue();
      }
    }
    reader.readEndDocument();
    return new Chunk(number, crc32c, buffer, lengthBytes);
  }

  /** A whole number in any type: tools that copy collections may change it. */
  private static long number(BsonReader reader, BsonType type) {
    return switch (type) {
      case INT64 -> reader.readInt64();
      case INT32 -> reader.readInt32();
      case DOUBLE -> (long) reader.readDouble();
      default -> {
        reader.skipValue();
        yield -1;
      }
    };
  }

  /** Reads a binary value past the reader, which has it in a new array only. */
  private static void read(BsonReader reader, byte[] buffer, int lengthBytes) {
    if (!(reader instanceof BsonBinaryReader binary)) {
      System.arraycopy(reader.readBinaryData().getData(), 0, buffer, 0, lengthBytes);
      return;
    }
    // https://bsonspec.org/spec.html: length, subtype, bytes.
    BsonInput input = binary.getBsonInput();
    BsonInputMark start = input.getMark(lengthBytes + Integer.BYTES + 1);
    input.skip(Integer.BYTES + 1);
    input.readBytes(buffer, 0, lengthBytes);
    start.reset();
    reader.skipValue();
  }

  @Override
  public void encode(BsonWriter writer, Chunk chunk, EncoderContext context) {
    throw new UnsupportedOperationException("Chunks are only read by this codec.");
  }

  @Override
  public Class<Chunk> getEncoderClass() {
    return Chunk.class;
  }
}
