package io.holdfast.internal;

import io.holdfast.BackupException;
import io.holdfast.ProductionTargetException;
import io.holdfast.RestoreOptions;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.DatabaseInfo;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Lets nobody restore into a production database who has not named it. */
public final class TargetGuard {
  private TargetGuard() {}

  /**
   * Asks each target which one it is, and refuses one that is marked and was not named, and a name
   * that none of them has.
   *
   * @param unchanged what did not happen, a sentence
   * @throws ProductionTargetException if one is refused
   * @throws BackupException if a target cannot be asked
   */
  public static void check(
      List<BackupHandler> targets, RestoreOptions options, Settings settings, String unchanged) {
    Map<BackupHandler, DatabaseInfo> databases = new LinkedHashMap<>();
    targets.forEach(target -> databases.put(target, target.describe()));
    Set<String> unknown = new TreeSet<>(options.productionTargets());
    databases.values().forEach(database -> unknown.remove(database.name()));
    if (!unknown.isEmpty()) {
      throw mistaken(databases, unknown, unchanged);
    }
    databases.forEach(
        (target, database) -> {
          List<String> marks = marks(database, settings);
          if (!options.productionTargets().contains(database.name()) && !marks.isEmpty()) {
            throw unnamed(target, database.name(), marks, unchanged);
          }
        });
  }

  private static ProductionTargetException mistaken(
      Map<BackupHandler, DatabaseInfo> databases, Set<String> meant, String unchanged) {
    List<String> there = new ArrayList<>();
    databases.forEach(
        (target, database) ->
            there.add("the target " + target.location() + " is \"" + database.name() + "\""));
    String name = databases.values().iterator().next().name();
    return new ProductionTargetException(
        name,
        "The restore was meant for \""
            + String.join("\", \"", meant)
            + "\", and "
            + String.join(", ", there)
            + ". "
            + unchanged
            + " Check which database is configured as the target, or correct the name in"
            + " RestoreOptions.intoProduction.");
  }

  private static ProductionTargetException unnamed(
      BackupHandler target, String name, List<String> marks, String unchanged) {
    return new ProductionTargetException(
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
