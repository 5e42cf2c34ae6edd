// A configuration on its way from the process that reads it to the parent: in pieces, so that none holds the parent up.

import { type Config, partsOf } from "../../config/config.ts";
import type { Named, Part } from "../../config/subsystem.ts";
import { freeze } from "../../lib/freeze.ts";
import { hasShape, type Shape } from "../../process/message-shape.ts";
import type { Finding, LoadedConfig } from "./loaded-config.ts";

/** The most a reading may take: far more than the largest configuration needs, whose limits are reached before. */
export const MOST_PROCESSOR_SECONDS = 10;
/** About the size of a message, as JSON. */
const MESSAGE_OCTETS = 64 * 1024;
/** One object or finding; anything larger is refused. */
const MAX_ITEM_OCTETS = 1024 * 1024;

/** What the reading process sends, `end` last, or `failed` alone. */
export type ConfigMessage =
  | { readonly kind: "files"; readonly files: readonly string[] }
  | { readonly kind: "findings"; readonly findings: readonly Finding[] }
  /** Some objects of one list of a subsystem's part; a list is announced by a message of its own, without objects. */
  | {
      readonly kind: "objects";
      readonly subsystem: string;
      readonly list: string;
      readonly objects: readonly Named[];
    }
  /** The global settings; only when the configuration can be used. */
  | { readonly kind: "global"; readonly global: Config["global"] }
  | { readonly kind: "end" }
  | { readonly kind: "failed"; readonly reason: string };

const SHAPES: { readonly [kind in ConfigMessage["kind"]]: Shape } = {
  files: { files: "object" },
  findings: { findings: "object" },
  objects: { subsystem: "string", list: "string", objects: "object" },
  global: { global: "object" },
  end: {},
  failed: { reason: "string" },
};

/** The message in `value`, or undefined when it has not the shape of one. */
export function parseConfigMessage(value: unknown): ConfigMessage | undefined {
  return hasShape(value, SHAPES) ? (value as ConfigMessage) : undefined;
}

/** `loaded` in messages. Throws an Error when a part of it is too large to be sent. */
export function configMessages({ config, files, findings }: LoadedConfig): ConfigMessage[] {
  const messages: ConfigMessage[] = [
    ...inBatches(files).map((batch) => ({ kind: "files", files: batch }) as const),
    ...inBatches(findings).map((batch) => ({ kind: "findings", findings: batch }) as const),
  ];
  if (config !== undefined) {
    const { global } = config;
    inBatches([global]);
    for (const [subsystem, part] of Object.entries(partsOf(config))) {
      messages.push(...partMessages(subsystem, part));
    }
    messages.push({ kind: "global", global });
  }
  return [...messages, { kind: "end" }];
}

function partMessages(subsystem: string, part: Part): ConfigMessage[] {
  return Object.entries(part).flatMap(([list, all]) =>
    [[], ...inBatches(all)].map(
      (objects) => ({ kind: "objects", subsystem, list, objects }) as const,
    ),
  );
}

/** Cuts `items` into runs of about `MESSAGE_OCTETS`. */
function inBatches<T>(items: readonly T[]): T[][] {
  const batches: T[][] = [];
  let room = 0;
  for (const item of items) {
    const octets = JSON.stringify(item).length;
    if (octets > MAX_ITEM_OCTETS) {
      throw new Error(`a part of it is larger than ${MAX_ITEM_OCTETS} octets`);
    }
    if (octets > room) {
      batches.push([]);
      room = MESSAGE_OCTETS;
    }
    batches[batches.length - 1]?.push(item);
    room -= octets;
  }
  return batches;
}

/** Puts the messages of one reading together again. */
export class ConfigAssembly {
  readonly #files: string[] = [];
  readonly #findings: Finding[] = [];
  readonly #parts = new Map<string, Map<string, Named[]>>();
  #global: Config["global"] | undefined;

  take(message: Exclude<ConfigMessage, { readonly kind: "end" | "failed" }>): void {
    switch (message.kind) {
      case "files":
        this.#files.push(...message.files);
        break;
      case "findings":
        this.#findings.push(...message.findings);
        break;
      case "objects":
        this.#listOf(message.subsystem, message.list).push(...freeze(message.objects));
        break;
      default:
        this.#global = freeze(message.global);
    }
  }

  #listOf(subsystem: string, name: string): Named[] {
    const part = this.#parts.get(subsystem) ?? new Map<string, Named[]>();
    this.#parts.set(subsystem, part);
    const list = part.get(name) ?? [];
    part.set(name, list);
    return list;
  }

  loaded(): LoadedConfig {
    const files = Object.freeze(this.#files);
    if (this.#global === undefined) return { config: undefined, files, findings: this.#findings };
    const parts = [...this.#parts].map(([subsystem, lists]) => {
      for (const list of lists.values()) Object.freeze(list);
      return [subsystem, Object.freeze(Object.fromEntries(lists))] as const;
    });
    // The process that sent the pieces made them by the same registry.
    const config = { files, global: this.#global, ...Object.fromEntries(parts) } as unknown;
    return { config: Object.freeze(config) as Config, files, findings: this.#findings };
  }
}
