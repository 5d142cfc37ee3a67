package io.holdfast.mongo;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Base64;
import java.util.regex.Pattern;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonReader;
import org.bson.BsonType;

/**
 * Renders a document that somebody made by hand as Holdfast's JSON: dates, bytes and decimals as
 * typed values, ids of documents ({@code ObjectId}) as their 24 digits. The other way round than
 * {@link JsonToBson}. The same document always gives the same bytes.
 */
final class BsonToJson {
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final Pattern ESCAPED_NAME = Pattern.compile("_+\\$.*", Pattern.DOTALL);

  /** A value has a type without a form in JSON. */
  static final class UnfitException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnfitException(String what) {
      super(what, null, false, false);
    }

    @Override
    public String getMessage() {
      return String.valueOf(super.getMessage());
    }
  }

  private final BsonReader in;
  private final JsonGenerator out;

  private BsonToJson(BsonReader in, JsonGenerator out) {
    this.in = in;
    this.out = out;
  }

  /**
   * A document as JSON in UTF-8, with a newline at its end.
   *
   * @throws UnfitException naming a type that has no form
   */
  static byte[] render(BsonDocument document) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (BsonReader reader = document.asBsonReader();
        JsonGenerator generator = FACTORY.createGenerator(bytes)) {
      new BsonToJson(reader, generator).fields(true);
    } catch (IOException e) {
      throw new UncheckedIOException("Memory cannot fail to be written to.", e);
    }
    bytes.write('\n');
    return bytes.toByteArray();
  }

  private void fields(boolean outermost) throws IOException {
    in.readStartDocument();
    out.writeStartObject();
    while (in.readBsonType() != BsonType.END_OF_DOCUMENT) {
      String name = in.readName();
      out.writeFieldName(ESCAPED_NAME.matcher(name).matches() ? name.substring(1) : name);
      if (outermost && in.getCurrentBsonType() == BsonType.DATE_TIME) {
        // What stands beside the collections, such as timestamp, is plain JSON.
        out.writeString(Instant.ofEpochMilli(in.readDateTime()).toString());
      } else {
        value();
      }
    }
    in.readEndDocument();
    out.writeEndObject();
  }

  private void value() throws IOException {
    BsonType type = in.getCurrentBsonType();
    switch (type) {
      case DOCUMENT -> fields(false);
      case ARRAY -> {
        in.readStartArray();
        out.writeStartArray();
        while (in.readBsonType() != BsonType.END_OF_DOCUMENT) {
          value();
        }
        in.readEndArray();
        out.writeEndArray();
      }
      case STRING -> out.writeString(in.readString());
      case SYMBOL -> out.writeString(in.readSymbol());
      case BOOLEAN -> out.writeBoolean(in.readBoolean());
      case INT32 -> out.writeNumber(in.readInt32());
      case INT64 -> out.writeNumber(in.readInt64());
      case DOUBLE -> number(in.readDouble());
      case DECIMAL128 -> typed("$numberDecimal", in.readDecimal128().toString());
      case DATE_TIME -> typed("$date", Instant.ofEpochMilli(in.readDateTime()).toString());
      case OBJECT_ID -> out.writeString(in.readObjectId().toHexString());
      case BINARY -> binary(in.readBinaryData());
      case NULL -> {
        in.readNull();
        out.writeNull();
      }
      case UNDEFINED -> {
        in.readUndefined();
        out.writeNull();
      }
      default ->
          throw new UnfitException("It holds a value of the type " + type + ". Make it a string.");
    }
  }

  private void number(double number) throws IOException {
    if (Double.isFinite(number)) {
      out.writeNumber(number);
    } else {
      typed("$numberDouble", Double.toString(number));
    }
  }

  private void binary(BsonBinary binary) throws IOException {
    out.writeStartObject();
    out.writeFieldName("$binary");
    out.writeStartObject();
    out.writeStringField("base64", Base64.getEncoder().encodeToString(binary.getData()));
    out.writeStringField("subType", String.format("%02x", binary.getType() & 0xff));
    out.writeEndObject();
    out.writeEndObject();
  }

  private void typed(String type, String text) throws IOException {
    out.writeStartObject();
    out.writeStringField(type, text);
    out.writeEndObject();
  }
}
