// The limits of a configuration's size: it is sent between processes in pieces, and a large object, which is never
// divided, would block their loops.

import { MOST_ITEM_OCTETS, octetsOf, TooLarge } from "../lib/plain-data.ts";
import { type Config, partsOf } from "./config.ts";
import type { Place } from "./diagnostic/diagnostic.ts";
import type { Report } from "./diagnostic/report.ts";
import type { Drafts } from "./keyword/row.ts";
import type { Registry } from "./registry.ts";

const MEBIBYTE = 1024 * 1024;

/** The maximum size of a configuration, as JSON in octets. Data that objects share counts in each of them. */
export const MAXIMUM_CONFIG_OCTETS: number = 128 * MEBIBYTE;

/** What is sent as a whole, and the block that it was read from. */
interface Item {
  readonly value: unknown;
  readonly block: string;
  readonly place: Place;
}

/**
 * Reports each object of `config` that is too large, and `config` if its objects are too large together. `main`: the main
 * file.
 */
export function reportSizes(
  config: Config,
  main: Place,
  drafts: Drafts,
  registry: Registry,
  report: Report,
): void {
  let left = MAXIMUM_CONFIG_OCTETS;
  for (const { value, block, place } of itemsOf(config, main, drafts, registry)) {
    const octets = sizeOf(value);
    left -= octets ?? MOST_ITEM_OCTETS;
    if (octets === undefined) {
      const message = `it is larger than ${MOST_ITEM_OCTETS / MEBIBYTE} MiB once it is read`;
      report("object-too-large", place, message, { object: block });
    }
    if (left < 0) {
      const most = `${MAXIMUM_CONFIG_OCTETS / MEBIBYTE} MiB`;
      report("config-too-large", main, `the configuration is larger than ${most} once it is read`);
    }
  }
}

function* itemsOf(
  config: Config,
  main: Place,
  drafts: Drafts,
  registry: Registry,
): Generator<Item> {
  for (const value of Object.values(config.global).flat()) {
    yield { value, block: "global_defs", place: main };
  }
  const parts = partsOf(config);
  for (const { name, lists } of registry.subsystems) {
    for (const [list, { block }] of Object.entries(lists)) {
      const objects = drafts.of(block);
      for (const value of parts[name]?.[list] ?? []) {
        const place = objects.get(value.name)?.place ?? main;
        yield { value, block: `${block} ${value.name}`, place };
      }
    }
  }
}

/** The size of `value`; undefined if it is too large to be sent. */
function sizeOf(value: unknown): number | undefined {
  try {
    return octetsOf(value, MOST_ITEM_OCTETS);
  } catch (error) {
    if (error instanceof TooLarge) return undefined;
    throw error;
  }
}
