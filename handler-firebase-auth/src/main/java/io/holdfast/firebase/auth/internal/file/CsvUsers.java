package io.holdfast.firebase.auth.internal.file;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.spi.HandlerException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PushbackReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the CSV form: a row for each user, without a header, its columns in the order of
 * firebase-tools' {@code accountExporter}. It has no column for {@code mfaInfo}, nor for providers
 * that are not in the list below.
 */
final class CsvUsers implements UserFile {
  private static final Map<Integer, String> TEXTS =
      Map.of(
          0, "localId",
          1, "email",
          3, "passwordHash",
          4, "salt",
          5, "displayName",
          6, "photoUrl",
          23, "createdAt",
          24, "lastSignedInAt",
          25, "phoneNumber",
          27, "customAttributes");

  private static final Map<Integer, String> FLAGS = Map.of(2, "emailVerified", 26, "disabled");

  private static final List<Map.Entry<Integer, String>> PROVIDERS =
      List.of(
          Map.entry(7, "google.com"),
          Map.entry(11, "facebook.com"),
          Map.entry(15, "twitter.com"),
          Map.entry(19, "github.com"),
          Map.entry(28, "apple.com"),
          Map.entry(32, "microsoft.com"),
          Map.entry(36, "gc.apple.com"),
          Map.entry(40, "playgames.google.com"),
          Map.entry(44, "linkedin.com"),
          Map.entry(48, "yahoo.com"));

  private static final List<String> PROVIDER_FIELDS =
      List.of("rawId", "email", "displayName", "photoUrl");

  private static final int DISPLAY_NAME = 5;
  private static final int CUSTOM_ATTRIBUTES = 27;
  private static final int COLUMNS = 52;

  private final Path path;
  private final PushbackReader in;
  private long rows;
  private int rowChars;

  CsvUsers(Path path, InputStream stream) {
    this.path = path;
    // newDecoder reports bytes that are not UTF-8, where a Charset would put question marks.
    this.in =
        new PushbackReader(
            new BufferedReader(
                new InputStreamReader(stream, StandardCharsets.UTF_8.newDecoder()), 1 << 16),
            1);
  }

  @Override
  public Optional<ObjectNode> next() {
    try {
      if (rows == 0) {
        skipByteOrderMark();
      }
      Optional<List<String>> row = row();
      while (row.isPresent() && row.get().stream().allMatch(String::isBlank)) {
        row = row();
      }
      return row.map(this::user);
    } catch (CharacterCodingException e) {
      throw malformed("is not UTF-8");
    } catch (IOException e) {
      throw FileProblems.translate(e, "Cannot read", path);
    }
  }

  private void skipByteOrderMark() throws IOException {
    int first = in.read();
    if (first >= 0 && first != '\uFEFF') {
      in.unread(first);
    }
  }

  private ObjectNode user(List<String> row) {
    if (row.size() > COLUMNS + 1 || (row.size() > COLUMNS && !row.get(COLUMNS).isBlank())) {
      throw malformed(
          "has more than " + COLUMNS + " columns, so that one of its values is not quoted");
    }
    ObjectNode user = UserJson.MAPPER.createObjectNode();
    for (int column = 0; column < row.size(); column++) {
      String value = value(row, column);
      if (value.isEmpty()) {
        continue;
      }
      if (TEXTS.containsKey(column)) {
        user.put(TEXTS.get(column), value);
      } else if (FLAGS.containsKey(column)) {
        if (!value.equals("true") && !value.equals("false")) {
          throw malformed("says neither true nor false in column " + (column + 1));
        }
        user.put(FLAGS.get(column), value.equals("true"));
      }
    }
    ArrayNode providers = UserJson.MAPPER.createArrayNode();
    for (Map.Entry<Integer, String> provider : PROVIDERS) {
      ObjectNode info = provider(row, provider.getKey(), provider.getValue());
      if (info.size() > 1) {
        providers.add(info);
      }
    }
    if (!providers.isEmpty()) {
      user.set("providerUserInfo", providers);
    }
    return user;
  }

  private ObjectNode provider(List<String> row, int from, String id) {
    ObjectNode info = UserJson.MAPPER.createObjectNode().put("providerId", id);
    for (int i = 0; i < PROVIDER_FIELDS.size(); i++) {
      String value = value(row, from + i);
      if (!value.isEmpty()) {
        info.put(PROVIDER_FIELDS.get(i), value);
      }
    }
    if (info.size() > 1 && !info.has("rawId")) {
      throw malformed("has no id for " + id + ", but other values");
    }
    return info;
  }

  /** Empty if the row has no such column. Names keep their white space; elsewhere it is layout. */
  private static String value(List<String> row, int column) {
    if (column >= row.size()) {
      return "";
    }
    boolean name =
        column == DISPLAY_NAME
            || PROVIDERS.stream().anyMatch(provider -> column == provider.getKey() + 2);
    return name ? row.get(column) : row.get(column).strip();
  }

  /** The next row; empty at the end of the file. */
  private Optional<List<String>> row() throws IOException {
    rowChars = 0;
    int c = in.read();
    if (c < 0) {
      return Optional.empty();
    }
    in.unread(c);
    rows++;
    List<String> row = new ArrayList<>();
    StringBuilder value = new StringBuilder();
    while (true) {
      boolean quoted = false;
      c = read();
      if (c == '"') {
        quoted(value, row.size() == CUSTOM_ATTRIBUTES);
        quoted = true;
        c = read();
      }
      while (c >= 0 && c != ',' && c != '\n' && c != '\r') {
        if (quoted || c == '"') {
          throw malformed("has a quotation mark where none may be, in column " + (row.size() + 1));
        }
        value.append((char) c);
        c = read();
      }
      if (row.size() > COLUMNS) {
        throw malformed(
            "has more than " + COLUMNS + " columns, so that one of its values is not quoted");
      }
      row.add(value.toString());
      value.setLength(0);
      if (c == '\r') {
        int after = in.read();
        if (after >= 0 && after != '\n') {
          in.unread(after);
        }
      }
      if (c != ',') {
        return Optional.of(row);
      }
    }
  }

  /**
   * Reads up to the closing quotation mark. In custom attributes, firebase-tools leaves the mark of
   * an escaped one (backslash and mark) single and doubles all others. JSON never ends in a
   * backslash and a mark, so there a mark behind a backslash does not close.
   */
  private void quoted(StringBuilder value, boolean attributes) throws IOException {
    while (true) {
      int c = read();
      if (c < 0) {
        throw malformed("is cut off inside of quotation marks");
      }
      if (c != '"') {
        value.append((char) c);
        continue;
      }
      boolean escaped = attributes && endsWith(value, '\\');
      int marks = 1;
      c = read();
      while (c == '"') {
        marks++;
        c = read();
      }
      if (c >= 0) {
        in.unread(c);
        rowChars--;
      }
      if (escaped) {
        // Odd: the first is single, the others are doubled. Even: whoever wrote it doubled all.
        value.append("\"".repeat((marks + 1) / 2));
        continue;
      }
      value.append("\"".repeat(marks / 2));
      if (marks % 2 == 1) {
        return;
      }
    }
  }

  private static boolean endsWith(StringBuilder value, char last) {
    return value.length() > 0 && value.charAt(value.length() - 1) == last;
  }

  private int read() throws IOException {
    if (++rowChars > UserJson.MAX_USER_BYTES) {
      throw malformed("is longer than any user of Firebase");
    }
    return in.read();
  }

  private HandlerException malformed(String what) {
    return FileProblems.unsupported(
        "Row "
            + rows
            + " of "
            + path
            + " "
            + what
            + ". The columns are those of firebase auth:export, without a header.");
  }

  @Override
  public void close() {
    Reader reader = in;
    try {
      reader.close();
    } catch (IOException e) {
      throw FileProblems.translate(e, "Cannot close", path);
    }
  }
}
