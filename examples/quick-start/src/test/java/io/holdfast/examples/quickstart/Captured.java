package io.holdfast.examples.quickstart;

import java.io.PrintWriter;
import java.io.StringWriter;

/** A screen whose output can be looked at. */
final class Captured {
  private final StringWriter out = new StringWriter();
  private final StringWriter errors = new StringWriter();
  private final Screen screen =
      new Screen(new PrintWriter(out, true), new PrintWriter(errors, true), false);

  Screen screen() {
    return screen;
  }

  String output() {
    return out.toString();
  }

  String errors() {
    return errors.toString();
  }
}
