// Reads the statements of a file into drafts, one for each block.

import { type Report, reportFor, wholeFile } from "./diagnostic/report.ts";
import { applyBlock } from "./keyword/apply.ts";
import type { Context, Draft, Drafts } from "./keyword/row.ts";
import type { System } from "./keyword/system.ts";
import { openingSource, openingValues } from "./keyword/values.ts";
import { keywordOf, placeOf, type Statement } from "./language/parser.ts";
import type { Registry } from "./registry.ts";
import type { Block } from "./subsystem.ts";

/** A block of a subsystem while a file is read. */
interface OpenBlock {
  readonly block: Block;
  readonly drafts: Map<string, Draft>;
  /** The fields of global_defs that it inherits when it is opened. */
  readonly sources: readonly string[];
}

/** The values set by `statements`; problems are reported. */
export function readBlocks(
  statements: readonly Statement[],
  registry: Registry,
  system: System,
  report: Report,
): Drafts {
  const blocks = new Map(
    registry.subsystems
      .flatMap((subsystem) => subsystem.blocks)
      .map((block) => [block.keyword, openBlock(block, registry)]),
  );
  const drafts: Drafts = {
    global: { ...emptyDraft(), name: "", place: wholeFile(""), inherited: {} },
    of: (keyword) => blocks.get(keyword)?.drafts ?? new Map<string, Draft>(),
  };
  const { vocabulary } = registry;
  const root: Context = { logPrefix: "", report, system, vocabulary, drafts, path: [] };
  for (const statement of statements) {
    const keyword = keywordOf(statement);
    const open = blocks.get(keyword);
    if (open !== undefined) readObject(statement, open, registry, root);
    else if (keyword === "global_defs") readGlobal(statement, [...blocks.values()], registry, root);
    else applyBlock(registry.root, [statement], drafts.global, root);
  }
  return drafts;
}

function openBlock(block: Block, registry: Registry): OpenBlock {
  const sources = [...block.table.byField.values()]
    .map((row) => openingSource(row, registry.global)?.field)
    .filter((field) => field !== undefined);
  return { block, drafts: new Map(), sources };
}

function emptyDraft(): Pick<Draft, "at" | "given" | "listed"> {
  return { at: new Map(), given: {}, listed: new Set() };
}

function readGlobal(
  statement: Statement,
  blocks: readonly OpenBlock[],
  registry: Registry,
  root: Context,
): void {
  const { global } = root.drafts;
  const taken = blocks.filter(({ drafts }) => drafts.size > 0).flatMap(({ sources }) => sources);
  const before = taken.map((field) => global.given[field]);
  const report = reportFor(root.report, "global_defs");
  const context = { ...root, report, path: ["global_defs"] };
  applyBlock(registry.globalBlock, statement.block ?? [], global, context);
  if (taken.some((field, index) => global.given[field] !== before[index])) {
    const message =
      "some of these defaults do not apply to the instances above; put global_defs first";
    report("late-global-default", placeOf(statement), message);
  }
}

function readObject(
  statement: Statement,
  { block, drafts }: OpenBlock,
  registry: Registry,
  root: Context,
): void {
  const { keyword, table } = block;
  const name = block.readName(statement, root.report, root.drafts);
  if (name === undefined) return;
  const place = placeOf(statement);
  const inherited = openingValues(table, root.drafts.global.given, registry.global);
  const draft: Draft = { ...emptyDraft(), name: name.text, place, inherited };
  const report = reportFor(root.report, `${keyword} ${name.text}`);
  const logPrefix = block.logPrefix(name.text);
  const context = { ...root, logPrefix, report, path: [keyword] };
  applyBlock(table, statement.block ?? [], draft, context);
  if (block.keeps?.(draft, name, context) === false) return;
  drafts.set(draft.name, draft);
  const { limit } = block;
  if (limit !== undefined && drafts.size > limit.most) {
    root.report("too-many-instances", place, `there are more than ${limit.most} ${limit.plural}`);
  }
}
