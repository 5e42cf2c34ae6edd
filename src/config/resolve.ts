// Resolves a tree of statements to a configuration: first all blocks in the order of the file, then each subsystem.

import type { Config } from "./config.ts";
import type { Place } from "./diagnostic/diagnostic.ts";
import type { Report } from "./diagnostic/report.ts";
import type { GlobalGiven } from "./global/global-config.ts";
import { commandResolver } from "./global/resolve-command.ts";
import { resolveGlobal } from "./global/resolve-global.ts";
import type { Drafts, Vocabulary } from "./keyword/row.ts";
import type { System } from "./keyword/system.ts";
import { type Inherited, valuesOf } from "./keyword/values.ts";
import { keywordOf, type Statement } from "./language/parser.ts";
import { readBlocks } from "./read-blocks.ts";
import type { Registry } from "./registry.ts";
import type { Shared } from "./subsystem.ts";

/** A configuration, and the blocks that it was made from. */
export interface Resolved {
  readonly config: Config;
  readonly drafts: Drafts;
}

/** The configuration of `statements`, with a part for each subsystem. Do not use it if something fatal was reported. */
export function resolve(
  statements: readonly Statement[],
  main: Place,
  registry: Registry,
  system: System,
  report: Report,
): Resolved {
  reportMissingBlocks(statements, main, report, registry.vocabulary);
  const drafts = readBlocks(statements, registry, system, report);
  const given = drafts.global.given as GlobalGiven;
  const commands = commandResolver(given, system, report, main);
  const values = valuesOf(registry.global, drafts.global, system, undefined);
  const inherited: Inherited = { table: registry.global, values };
  const global = resolveGlobal(given, values, commands);
  const shared: Shared = {
    global,
    system,
    report,
    commands,
    globalValue: values.value,
    valuesOf: (block, draft) => valuesOf(block, draft, system, inherited),
  };
  const parts = registry.subsystems.map(
    (subsystem) => [subsystem.name, subsystem.resolve(drafts, shared)] as const,
  );
  const config = { global, ...Object.fromEntries(parts) } as unknown as Config;
  return { config, drafts };
}

/** Reports a file that is empty or has no block: the daemon would do nothing. */
function reportMissingBlocks(
  statements: readonly Statement[],
  main: Place,
  report: Report,
  { grammar }: Vocabulary,
): void {
  const wanted = "it needs a block such as 'vrrp_instance NAME { … }'";
  if (statements.length === 0) {
    report("empty-file", { ...main, line: 1 }, `the file has no statements: ${wanted}`, {
      log: "Configuration file has no configuration",
    });
    return;
  }
  const isBlock = (statement: Statement): boolean => {
    const kind = grammar([], keywordOf(statement));
    return statement.block !== undefined && (kind === "block" || kind === "list");
  };
  if (!statements.some(isBlock)) {
    const first = statements[0]?.words[0] ?? main;
    report("no-block", first, `the file is not a configuration: ${wanted}`);
  }
}
