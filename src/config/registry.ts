// All keywords and subsystems. A new subsystem is one line in SUBSYSTEMS.

import { BFD_ROWS } from "./bfd/bfd-rows.ts";
import { GLOBAL_ROWS, TOP_ROWS } from "./global/global-rows.ts";
import { PLANNED_GLOBAL_ROWS, PLANNED_TOP_ROWS } from "./global/planned-global-rows.ts";
import { section } from "./keyword/apply.ts";
import { NO_ROWS, type Row, type Table, table, type Vocabulary } from "./keyword/row.ts";
import { assertInheritance } from "./keyword/values.ts";
import { vocabularyOf } from "./keyword/vocabulary.ts";
import { LVS_ROWS } from "./lvs/lvs-rows.ts";
import { STATIC_ROWS } from "./static/static-rows.ts";
import type { Subsystem } from "./subsystem.ts";
import { PLANNED_VRRP_ROWS } from "./vrrp/planned-vrrp-rows.ts";
import { VRRP } from "./vrrp/vrrp-subsystem.ts";

/** The keywords and subsystems of the language. */
export interface Registry {
  /** The keywords outside of all blocks, and the blocks themselves. */
  readonly root: Table;
  /** The keywords of global_defs. */
  readonly globalBlock: Table;
  /** The keywords of the global settings: those of global_defs, and those outside of all blocks. */
  readonly global: Table;
  readonly subsystems: readonly Subsystem[];
  readonly vocabulary: Vocabulary;
}

const GLOBAL_MEANS =
  "Settings of the whole daemon. Put this block at the top: some defaults apply only to the instances below it.";

/** The subsystems of holdfast, in the order in which they are resolved. */
export const SUBSYSTEMS: readonly Subsystem[] = [VRRP];

/** A registry of `subsystems`, with `global` as the rows of global_defs. Asserts that rows that inherit get a value. */
export function registryOf(subsystems: readonly Subsystem[], global: readonly Row[]): Registry {
  const top = [...TOP_ROWS, ...PLANNED_TOP_ROWS];
  const others = [...STATIC_ROWS, ...LVS_ROWS, ...BFD_ROWS];
  const blocks = subsystems
    .flatMap((subsystem) => subsystem.blocks)
    .map((block) => section(block.keyword, { default: "none", means: block.means }, block.table));
  const globalBlock = table(global);
  const globalDefs = section("global_defs", { default: "none", means: GLOBAL_MEANS }, globalBlock);
  const root = table([...top, globalDefs, ...PLANNED_VRRP_ROWS, ...blocks, ...others]);
  const globalTable = table([...TOP_ROWS, ...global]);
  assertInheritance(globalTable, NO_ROWS);
  for (const block of blocks) assertInheritance(block.inner, globalTable);
  return {
    root,
    global: globalTable,
    globalBlock,
    subsystems,
    vocabulary: vocabularyOf(root),
  };
}

/** The rows of global_defs. */
export const ALL_GLOBAL_ROWS: readonly Row[] = [...GLOBAL_ROWS, ...PLANNED_GLOBAL_ROWS];

/** The language of holdfast. */
export const REGISTRY: Registry = registryOf(SUBSYSTEMS, ALL_GLOBAL_ROWS);
