package io.holdfast.benchmarks.postgres;

import io.holdfast.postgres.PostgresServer;
import io.holdfast.postgres.TemplateDatabase;

/** The child process of the cloning arm: some clones of a template that is there. */
final class HoldfastClone {
  private HoldfastClone() {}

  /**
   * Clones.
   *
   * @param args server URI, name of the template, then the names of the clones, which stay
   */
  public static void main(String[] args) {
    TemplateDatabase template = PostgresServer.at(args[0]).template(args[1]);
    for (int i = 2; i < args.length; i++) {
      long start = System.nanoTime();
      template.newClone(args[i]);
      System.out.printf("clone %s: %.3f s%n", args[i], (System.nanoTime() - start) / 1e9);
    }
  }
}
