package io.holdfast.testservers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A body of {@code multipart/related} with two parts, the object's metadata and its bytes:
 * https://cloud.google.com/storage/docs/uploading-objects#rest-upload-objects.
 *
 * @param contentType of the second part
 */
record GcsMultipart(ObjectNode described, String contentType, GcsContent content) {
  private static final int LARGEST_LINE = 16 * 1024;
  private static final int LARGEST_JSON = 1 << 20;
  private static final Pattern TYPE =
      Pattern.compile("(?i)multipart/related\\s*;.*?boundary=\"?([^\";]{1,70})\"?.*");

  static GcsMultipart read(String type, GcsBody body, GcsBuckets buckets) throws IOException {
    Matcher matcher = TYPE.matcher(type);
    if (!matcher.matches()) {
      throw GcsError.invalid("Not multipart/related with a boundary: " + type);
    }
    byte[] delimiter = ("\r\n--" + matcher.group(1)).getBytes(StandardCharsets.ISO_8859_1);
    BufferedInputStream in = new BufferedInputStream(body.decoded(), 256 * 1024);
    if (!line(in).equals("--" + matcher.group(1))) {
      throw malformed();
    }
    String first = partType(in);
    if (!first.toLowerCase(Locale.ROOT).startsWith("application/json")) {
      throw GcsError.invalid("The first part must be application/json.");
    }
    byte[] json = new Part(in, delimiter).readNBytes(LARGEST_JSON);
    if (!line(in).isEmpty()) {
      throw malformed();
    }
    String second = partType(in);
    GcsContent content = GcsBody.rest(buckets, new Part(in, delimiter));
    if (!line(in).equals("--")) {
      content.delete();
      throw malformed();
    }
    JsonNode described = GcsApi.JSON.readTree(json);
    if (!(described instanceof ObjectNode object)) {
      content.delete();
      throw GcsError.invalid("The metadata must be an object.");
    }
    return new GcsMultipart(object, second, content);
  }

  private static String partType(InputStream in) throws IOException {
    String type = "";
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      if (line.toLowerCase(Locale.ROOT).startsWith("content-type:")) {
        type = line.substring("content-type:".length()).strip();
      }
    }
    return type;
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = in.read(); next != '\n' && next >= 0; next = in.read()) {
      if (line.size() >= LARGEST_LINE) {
        throw malformed();
      }
      line.write(next);
    }
    return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
  }

  private static GcsError malformed() {
    return GcsError.invalid("Malformed multipart body.");
  }

  /** Ends before the delimiter, which it takes away. */
  private static final class Part extends InputStream {
    private final BufferedInputStream in;
    private final byte[] delimiter;
    private boolean ended;

    Part(BufferedInputStream in, byte[] delimiter) {
      this.in = in;
      this.delimiter = delimiter;
    }

    @Override
    public int read() throws IOException {
      if (ended) {
        return -1;
      }
      in.mark(delimiter.length);
      int next = in.read();
      if (next < 0) {
        throw malformed();
      }
      if (next != '\r') {
        return next;
      }
      for (int i = 1; i < delimiter.length; i++) {
        if (in.read() != delimiter[i]) {
          in.reset();
          return in.read();
        }
      }
      ended = true;
      return -1;
    }

    @Override
    public int read(byte[] bytes, int from, int count) throws IOException {
      int got = 0;
      while (got < count) {
        int next = read();
        if (next < 0) {
          return got == 0 && count > 0 ? -1 : got;
        }
        bytes[from + got++] = (byte) next;
      }
      return got;
    }
  }
}
