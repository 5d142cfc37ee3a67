package io.holdfast.internal;

import io.holdfast.BackupException;
import io.holdfast.ProductionTargetException;
import io.holdfast.RestoreOptions;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.DatabaseInfo;
import java.util.ArrayList;
import java.util.List;

/** Lets nobody restore into a production database who has not named it. */
public final class TargetGuard {
  private TargetGuard() {}

  /**
   * Asks the target which one it is, and refuses it if it is marked and was not named, or if
   * another was named.
   *
   * @param unchanged what did not happen, a sentence
   * @throws ProductionTargetException if it is refused
   * @throws BackupException if the target cannot be asked
   */
  public static void check(
      BackupHandler target, RestoreOptions options, Settings settings, String unchanged) {
    DatabaseInfo database = target.describe();
    String name = database.name();
    boolean named = options.productionTarget().isPresent();
    if (named && !options.productionTarget().get().equals(name)) {
      throw new ProductionTargetException(
          name,
          "The restore was meant for \""
              + options.productionTarget().get()
              + "\", and the target "
              + target.location()
              + " is \""
              + name
              + "\". "
              + unchanged
              + " Check which database is configured as the target, or correct the name in"
              + " RestoreOptions.intoProduction.");
    }
    List<String> marks = marks(database, settings);
    if (!named && !marks.isEmpty()) {
      throw new ProductionTargetException(
          name,
          "The target "
              + target.location()
              + " is marked as production, "
              + String.join(" and ", marks)
              + ". "
              + unchanged
              + " If what it holds is to be restored over, name it:"
              + " RestoreOptions.intoProduction(\""
              + name
              + "\").");
    }
  }

  private static List<String> marks(DatabaseInfo database, Settings settings) {
    List<String> marks = new ArrayList<>();
    if (database.production()) {
      marks.add(
          "in the database itself"
              + database.environment().map(label -> " (environment: " + label + ")").orElse(""));
    }
    if (settings.productionTarget()) {
      marks.add("by the executor's configuration (productionTarget)");
    }
    return marks;
  }
}
