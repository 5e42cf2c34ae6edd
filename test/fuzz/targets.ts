// All fuzz targets: packets, netlink, the daemon's record file, the messages of the reader, and the configuration.

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
