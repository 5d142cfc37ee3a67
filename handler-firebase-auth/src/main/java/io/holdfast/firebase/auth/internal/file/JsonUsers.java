package io.holdfast.firebase.auth.internal.file;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.spi.HandlerException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;

/** Reads {@code {"users":[…]}}, holding one user at a time. */
final class JsonUsers implements UserFile {
  private static final String SHAPE =
      " A file of firebase auth:export looks like {\"users\":[{\"localId\":\"…\", …}, …]}.";

  private final Path path;
  private final Metered in;
  private final JsonParser parser;
  private long users;
  private boolean begun;
  private boolean ended;

  JsonUsers(Path path, InputStream stream) throws IOException {
    this.path = path;
    this.in = new Metered(stream);
    try {
      this.parser = UserJson.MAPPER.createParser(in); // Reads already, to tell the encoding.
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  @Override
  public Optional<ObjectNode> next() {
    if (ended) {
      return Optional.empty();
    }
    try {
      if (!begun) {
        begin();
      }
      in.allow();
      JsonToken token = parser.nextToken();
      if (token == JsonToken.END_ARRAY) {
        end();
        return Optional.empty();
      }
      users++;
      if (token != JsonToken.START_OBJECT) {
        throw malformed("is not an object");
      }
      return Optional.of(UserJson.WITHIN.<ObjectNode>readTree(parser));
    } catch (TooLarge e) {
      throw FileProblems.unsupported(
          "User "
              + users
              + " of "
              + path
              + " takes more than "
              + (UserJson.MAX_USER_BYTES >> 20)
              + " MiB, which no user of Firebase does.");
    } catch (JsonProcessingException e) {
      // Without the cause, whose message shows a part of the file.
      throw malformed(
          "is cut off, not JSON, nested too deeply or has a key twice, near line "
              + parser.currentLocation().getLineNr());
    } catch (IOException e) {
      throw FileProblems.translate(e, "Cannot read", path);
    }
  }

  private void begin() throws IOException {
    in.allow();
    if (parser.nextToken() != JsonToken.START_OBJECT
        || parser.nextToken() != JsonToken.FIELD_NAME
        || !FileProblems.USERS.equals(parser.currentName())
        || parser.nextToken() != JsonToken.START_ARRAY) {
      throw FileProblems.unsupported(
          path + " does not begin as a file of firebase auth:export does." + SHAPE);
    }
    begun = true;
  }

  private void end() throws IOException {
    if (parser.nextToken() != JsonToken.END_OBJECT || parser.nextToken() != null) {
      throw FileProblems.unsupported(path + " holds something after its users." + SHAPE);
    }
    ended = true;
  }

  private HandlerException malformed(String what) {
    return FileProblems.unsupported("User " + users + " of " + path + " " + what + "." + SHAPE);
  }

  @Override
  public void close() {
    try {
      parser.close();
      in.close();
    } catch (IOException e) {
      throw FileProblems.translate(e, "Cannot close", path);
    }
  }

  /** A user is larger than it may be. */
  private static final class TooLarge extends IOException {
    private static final long serialVersionUID = 1L;
  }

  /** Ends what was never going to end: a user without a limit would be held in memory whole. */
  private static final class Metered extends FilterInputStream {
    private long left = UserJson.MAX_USER_BYTES;

    Metered(InputStream in) {
      super(in);
    }

    void allow() {
      left = UserJson.MAX_USER_BYTES;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (left <= 0) {
        throw new TooLarge();
      }
      int read = in.read(into, offset, length);
      left -= Math.max(0, read);
      return read;
    }
  }
}
