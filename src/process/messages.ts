// The messages between the parent and a child: what every role knows, and an envelope for what only one role does. Both
// ends are this program, as root, so that the types are all there is to check.

import type { Options } from "../cli/options.ts";
import type { LogSettings } from "./process-log.ts";

/** A descriptor that outlives the child, by its number in the process that reads the message. */
export interface KeptDescriptor {
  /** What it is, in the role's own words; no two of a child's have the same. */
  readonly label: string;
  readonly fd: number;
}

export type DumpKind = "data" | "stats" | "statsClear" | "json";

/** The first order. */
export interface StartOrder<Part> {
  readonly kind: "start";
  readonly part: Part;
  /** The number of the configuration that `part` is of. */
  readonly generation: number;
  readonly options: Options;
  readonly log: LogSettings;
  readonly umask: number;
  /** Continue from the records of a killed process. */
  readonly resume: boolean;
  /** Ends of socket pairs; `label` is the role at the other end. */
  readonly links: readonly KeptDescriptor[];
  /** Descriptors of the process before, kept for this one. */
  readonly kept: readonly KeptDescriptor[];
}

/** What the parent sends to a child; `Own` are the orders of its role. */
export type Order<Part, Own> =
  | StartOrder<Part>
  | { readonly kind: "reload"; readonly part: Part; readonly generation: number }
  /** Answer with snapshots that bear `id`. */
  | { readonly kind: "dump"; readonly id: number; readonly dump: DumpKind }
  | { readonly kind: "own"; readonly order: Own };

/** What a child sends to the parent; `Own` are the reports of its role. */
export type Report<Own> =
  /** Its loop runs: it works by the configuration that it was started with. */
  | { readonly kind: "ready"; readonly generation: number }
  | { readonly kind: "reloaded"; readonly generation: number }
  /** Keep duplicates of all of these, and of no others. */
  | { readonly kind: "keep"; readonly descriptors: readonly KeptDescriptor[] }
  /** The next piece of the answer to dump `id`, plain data; undefined after the last. */
  | { readonly kind: "snapshot"; readonly id: number; readonly piece: unknown }
  /** The last one: everything is released. */
  | { readonly kind: "stopped" }
  | { readonly kind: "own"; readonly report: Own };
