// Every decoder that reads what others wrote: packets, netlink, configuration and the messages and records of the
// daemon's own processes each bring a list of targets.

import { CONFIG_TARGETS } from "./config.ts";
import { DAEMON_TARGETS } from "./daemon.ts";
import type { FuzzTarget } from "./fuzz.ts";
import { NETLINK_TARGETS } from "./netlink.ts";
import { WIRE_TARGETS } from "./wire.ts";

export const TARGETS: readonly FuzzTarget[] = [
  ...WIRE_TARGETS,
  ...NETLINK_TARGETS,
  ...DAEMON_TARGETS,
  ...CONFIG_TARGETS,
];
