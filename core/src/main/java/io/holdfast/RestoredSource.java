package io.holdfast;

import java.util.Map;

/**
 * One source of a backup that was restored.
 *
 * @param name its name in the backup; empty for the only source of a backup
 * @param target what it was restored into
 * @param counts how many records each collection got; in a dry run, how many it would get
 */
public record RestoredSource(String name, String target, Map<String, Long> counts) {}
