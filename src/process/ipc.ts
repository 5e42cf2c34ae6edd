// The words between the parent and its vrrp child: typed on both sides, checked on arrival, only changes cross.

import type { VrrpPart } from "../config/config.ts";
import type { Micros } from "../lib/micros.ts";
import type { ScriptOutcome } from "../lib/script.ts";
import type { Notify } from "../vrrp/action.ts";
import { hasShape, type Shape } from "./message-shape.ts";
import type { LogSettings } from "./process-log.ts";

/** A receive socket that outlives the child, by the number that it has in the process that reads the message. */
export interface ReceiverDescriptor {
  readonly interface: string;
  readonly interfaceIndex: number;
  readonly fd: number;
}

export type DumpKind = "data" | "stats" | "statsClear" | "json";

/** What the parent tells a child. */
export type Order =
  | {
      readonly kind: "start";
      readonly config: VrrpPart;
      readonly generation: number;
      readonly log: LogSettings;
      /** -V: addresses stay at the end. */
      readonly keepAddresses: boolean;
      /** Goes on where a killed process was, by its records. */
      readonly resume: boolean;
      readonly receivers: readonly ReceiverDescriptor[];
    }
  | { readonly kind: "reload"; readonly config: VrrpPart; readonly generation: number }
  | {
      readonly kind: "scriptEnded";
      readonly script: string;
      readonly run: Micros;
      readonly outcome: ScriptOutcome;
    }
  | { readonly kind: "dump"; readonly dump: DumpKind };

export type Notification = Notify;

/** What a child tells the parent. */
export type Report =
  /** Its loop runs: it holds, or contends for, what it should by the configuration that it was started with. */
  | { readonly kind: "ready"; readonly generation: number }
  | { readonly kind: "reloaded"; readonly generation: number }
  | { readonly kind: "runScript"; readonly script: string; readonly run: Micros }
  | { readonly kind: "notify"; readonly notifications: readonly Notification[] }
  | { readonly kind: "receivers"; readonly receivers: readonly ReceiverDescriptor[] }
  /** The last one: everything is released. */
  | { readonly kind: "stopped" }
  /** The interface will carry leased addresses: promote_secondaries is wanted on it. */
  | { readonly kind: "leasedInterface"; readonly interface: string };

const ORDER_SHAPES: { readonly [kind in Order["kind"]]: Shape } = {
  start: {
    config: "object",
    generation: "number",
    log: "object",
    keepAddresses: "boolean",
    resume: "boolean",
    receivers: "object",
  },
  reload: { config: "object", generation: "number" },
  scriptEnded: { script: "string", run: "number", outcome: "object" },
  dump: { dump: "string" },
};

const REPORT_SHAPES: { readonly [kind in Report["kind"]]: Shape } = {
  ready: { generation: "number" },
  stopped: {},
  reloaded: { generation: "number" },
  runScript: { script: "string", run: "number" },
  notify: { notifications: "object" },
  receivers: { receivers: "object" },
  leasedInterface: { interface: "string" },
};

/** The order in `message`, or undefined when it has not the shape of one. */
export function parseOrder(message: unknown): Order | undefined {
  return hasShape(message, ORDER_SHAPES) ? (message as Order) : undefined;
}

/** The report in `message`, or undefined when it has not the shape of one. */
export function parseReport(message: unknown): Report | undefined {
  return hasShape(message, REPORT_SHAPES) ? (message as Report) : undefined;
}
