// Every decoder that reads what others wrote: the packets, netlink and the configuration each bring a list of targets.

import { CONFIG_TARGETS } from "./config.ts";
import type { FuzzTarget } from "./fuzz.ts";
import { WIRE_TARGETS } from "./wire.ts";

export const TARGETS: readonly FuzzTarget[] = [...WIRE_TARGETS, ...CONFIG_TARGETS];
