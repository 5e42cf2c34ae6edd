// A configuration on its way from the process that reads it to the parent: in pieces, so that none holds the parent up.

import type { Config, InstanceConfig, ScriptConfig } from "../../config/config.ts";
import { freeze } from "../../lib/freeze.ts";
import { hasShape, type Shape } from "../../process/message-shape.ts";
import type { Finding, LoadedConfig } from "./load-config.ts";

/** The most a reading may take: far more than the largest configuration needs, whose limits are reached before. */
export const MOST_PROCESSOR_SECONDS = 10;
/** About the size of a message, as JSON. */
const MESSAGE_OCTETS = 64 * 1024;
/** One instance, script or finding; what is larger is refused. */
const MAX_ITEM_OCTETS = 1024 * 1024;

/** What the reading process sends, `end` last, or `failed` alone. */
export type ConfigMessage =
  | { readonly kind: "files"; readonly files: readonly string[] }
  | { readonly kind: "findings"; readonly findings: readonly Finding[] }
  | { readonly kind: "instances"; readonly instances: readonly InstanceConfig[] }
  | { readonly kind: "scripts"; readonly scripts: readonly ScriptConfig[] }
  /** All of the configuration but its files, instances and scripts; only when it can be used. */
  | { readonly kind: "global"; readonly global: Config["global"] }
  | { readonly kind: "end" }
  | { readonly kind: "failed"; readonly reason: string };

const SHAPES: { readonly [kind in ConfigMessage["kind"]]: Shape } = {
  files: { files: "object" },
  findings: { findings: "object" },
  instances: { instances: "object" },
  scripts: { scripts: "object" },
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
    const { instances, scripts } = config.vrrp;
    inBatches([global]);
    messages.push(
      ...inBatches(instances).map((batch) => ({ kind: "instances", instances: batch }) as const),
      ...inBatches(scripts).map((batch) => ({ kind: "scripts", scripts: batch }) as const),
      { kind: "global", global },
    );
  }
  return [...messages, { kind: "end" }];
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
  readonly #instances: InstanceConfig[] = [];
  readonly #scripts: ScriptConfig[] = [];
  #global: Config["global"] | undefined;

  take(message: Exclude<ConfigMessage, { readonly kind: "end" | "failed" }>): void {
    switch (message.kind) {
      case "files":
        this.#files.push(...message.files);
        break;
      case "findings":
        this.#findings.push(...message.findings);
        break;
      case "instances":
        this.#instances.push(...freeze(message.instances));
        break;
      case "scripts":
        this.#scripts.push(...freeze(message.scripts));
        break;
      default:
        this.#global = freeze(message.global);
    }
  }

  loaded(): LoadedConfig {
    const files = Object.freeze(this.#files);
    const config: Config | undefined =
      this.#global === undefined
        ? undefined
        : Object.freeze({
            files,
            global: this.#global,
            vrrp: Object.freeze({
              scripts: Object.freeze(this.#scripts),
              instances: Object.freeze(this.#instances),
            }),
          });
    return { config, files, findings: this.#findings };
  }
}
