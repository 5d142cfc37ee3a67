package io.holdfast.firebase.auth.internal.users;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.google.internal.GoogleRest;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A page of accounts, read one by one out of its bytes. Used by one thread. */
public final class UserPage {
  /** Reads accounts out of the middle of a page. */
  private static final JsonMapper WITHIN =
      GoogleRest.JSON.rebuild().disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private final JsonParser parser;
  private boolean within;
  private @Nullable String nextPageToken;

  /** A page as the API sent it. */
  public UserPage(byte[] bytes) {
    try {
      parser = WITHIN.createParser(bytes);
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw unusable();
      }
    } catch (IOException e) {
      throw unusable();
    }
  }

  /** The next account; null once there are no more. */
  public @Nullable UserRecord next() {
    try {
      while (true) {
        JsonToken token = parser.nextToken();
        if (within) {
          if (token == JsonToken.START_OBJECT) {
            return UserRecord.ofApi(parser.<ObjectNode>readValueAsTree());
          }
          within = false;
        } else if (token == JsonToken.FIELD_NAME) {
          field();
        } else if (token == JsonToken.END_OBJECT) {
          return null;
        } else {
          throw unusable();
        }
      }
    } catch (IOException e) {
      throw unusable();
    }
  }

  private void field() throws IOException {
    String name = parser.currentName();
    JsonToken value = parser.nextToken();
    if (name.equals("users") && value == JsonToken.START_ARRAY) {
      within = true;
    } else if (name.equals("nextPageToken") && value == JsonToken.VALUE_STRING) {
      nextPageToken = parser.getText();
    } else {
      parser.skipChildren();
    }
  }

  /** What asks for the page behind; known once all accounts were read. */
  public Optional<String> nextPageToken() {
    return Optional.ofNullable(nextPageToken).filter(token -> !token.isEmpty());
  }

  /** What asks for the page behind a page, without looking at its accounts. */
  public static Optional<String> tokenOf(byte[] bytes) {
    UserPage page = new UserPage(bytes);
    try {
      while (page.parser.nextToken() == JsonToken.FIELD_NAME) {
        if (page.parser.currentName().equals("users")) {
          page.parser.nextToken();
          page.parser.skipChildren();
        } else {
          page.field();
        }
      }
      return page.nextPageToken();
    } catch (IOException e) {
      throw unusable();
    }
  }

  /** The parser's own error may quote an account. */
  private static HandlerException unusable() {
    return new HandlerException(
        Kind.UNREACHABLE, UserRecord.USERS, "A page of accounts came cut or broken.", null, true);
  }
}
