package io.holdfast.internal.age;

import com.exceptionfactory.jagged.RecipientStanza;
import java.util.List;

/** One recipient in a header: a type, its arguments, and a body with the wrapped file key. */
final class Stanza implements RecipientStanza {
  static final String X25519 = "X25519";
  static final String SCRYPT = "scrypt";

  private final String type;
  private final List<String> arguments;
  private final byte[] body;

  Stanza(String type, List<String> arguments, byte[] body) {
    this.type = type;
    this.arguments = List.copyOf(arguments);
    this.body = body.clone();
  }

  boolean is(String other) {
    return type.equals(other);
  }

  @Override
  public String getType() {
    return type;
  }

  @Override
  public List<String> getArguments() {
    return arguments;
  }

  @Override
  public byte[] getBody() {
    return body.clone();
  }
}
