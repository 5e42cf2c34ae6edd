// The messages between the parent and a child: those of every role, and an envelope for a role's own. They are not
// checked at run time, since both ends are this program.

import type { Options } from "../cli/options.ts";
import type { LogSettings } from "./process-log.ts";

/** A descriptor that outlives the child, by its number in the process that reads the message. */
export interface KeptDescriptor {
  /** Chosen by the role; unique within a child. */
  readonly label: string;
  readonly fd: number;
}

export type DumpKind = "data" | "stats" | "statsClear" | "json";

/** The first order. */
export interface StartOrder<Part> {
  readonly kind: "start";
  readonly part: Part;
  /** The number of `part`'s configuration. */
  readonly generation: number;
  readonly options: Options;
  readonly log: LogSettings;
  readonly umask: number;
  /** Whether to continue from the records of a killed process. */
  readonly resume: boolean;
  /** Ends of socket pairs; `label` is the role at the other end. */
  readonly links: readonly KeptDescriptor[];
  /** Descriptors of the previous process, kept for this one. */
  readonly kept: readonly KeptDescriptor[];
}

/** From the parent to a child; `Own` are the orders of its role. */
export type Order<Part, Own> =
  | StartOrder<Part>
  | { readonly kind: "reload"; readonly part: Part; readonly generation: number }
  /** Answer with snapshots that carry `id`. */
  | { readonly kind: "dump"; readonly id: number; readonly dump: DumpKind }
  | { readonly kind: "own"; readonly order: Own };

/** From a child to the parent; `Own` are the reports of its role. */
export type Report<Own> =
  /** Its loop runs with the configuration that it was started with. */
  | { readonly kind: "ready"; readonly generation: number }
  | { readonly kind: "reloaded"; readonly generation: number }
  /** Keep duplicates of exactly these. */
  | { readonly kind: "keep"; readonly descriptors: readonly KeptDescriptor[] }
  /** The next piece of dump `id`, plain data; undefined after the last. */
  | { readonly kind: "snapshot"; readonly id: number; readonly piece: unknown }
  /** The last report: everything is released. */
  | { readonly kind: "stopped" }
  | { readonly kind: "own"; readonly report: Own };
