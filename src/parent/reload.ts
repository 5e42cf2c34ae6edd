// Decides whether a reload accepts the new configuration, and logs its changes.

import { setImmediate as nextTurn } from "node:timers/promises";
import type { Config } from "../config/config.ts";
import { type Diagnostic, refusals } from "../config/diagnostic/diagnostic.ts";
import { diffParts, reloadObstacles } from "../config/difference/diff.ts";
import { renderDifference } from "../config/difference/render.ts";
import type { Registry } from "../config/registry.ts";
import { counted } from "../lib/counted.ts";
import type { Log } from "../lib/log.ts";
import { eachInTurns } from "../process/in-turns.ts";
import { diagnosticsOf, type LoadedConfig } from "../processes/config-reader/loaded-config.ts";

/** A configuration in force. */
export interface RunningConfig {
  readonly config: Config;
  /** The files that it was read from, the main one first. */
  readonly files: readonly string[];
  /** Its known problems, which do not prevent a reload. */
  readonly diagnostics: readonly Diagnostic[];
}

/** The configuration to reload with; undefined if `running` stays in force (reason logged). */
export function acceptReload(
  running: RunningConfig,
  loaded: LoadedConfig | undefined,
  log: Log,
): RunningConfig | undefined {
  if (loaded === undefined) {
    log("error", "Reload refused: the running configuration stays in force");
    return undefined;
  }
  const { config, files } = loaded;
  const diagnostics = diagnosticsOf(loaded);
  const refused = refusals(diagnostics, running.diagnostics);
  if (config === undefined || refused.length > 0) {
    const errors = counted(refused.length, "new error");
    log("error", `Reload refused: ${errors}. The running configuration stays in force`);
    return undefined;
  }
  const obstacles = reloadObstacles(running.config.global, config.global);
  for (const obstacle of obstacles) log("error", `Cannot change ${obstacle} at a reload`);
  if (obstacles.length === 0) return { config, files, diagnostics };
  log("error", "Reload refused. The running configuration stays in force");
  return undefined;
}

/** Logs the differences between `before` and `after`, without blocking the event loop. */
export async function logChanges(
  before: Config,
  after: Config,
  log: Log,
  registry: Registry | undefined,
): Promise<void> {
  const parts = diffParts(before, after, registry);
  let part = parts.next();
  for (; part.done !== true; part = parts.next()) await nextTurn();
  const lines = renderDifference(part.value, registry);
  await eachInTurns(lines, (line) => log("info", `Reload: ${line}`));
}
