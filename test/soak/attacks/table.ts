// Every attack, in the order in which they run.

import type { Attack } from "./attack.ts";
import { deletedAddresses } from "./deleted-addresses.ts";
import { forgedAdverts, priorityZero } from "./forged-adverts.ts";
import { forgedIcmp } from "./forged-icmp.ts";
import { hogs } from "./hogs.ts";
import { netlinkFlood } from "./netlink-flood.ts";
import { overwrittenRecord } from "./overwritten-record.ts";
import { reloadStorm } from "./reload-storm.ts";
import { suddenFaults } from "./sudden-faults.ts";

export const ATTACKS: readonly Attack[] = [
  forgedAdverts,
  priorityZero,
  forgedIcmp,
  reloadStorm,
  netlinkFlood,
  deletedAddresses,
  overwrittenRecord,
  hogs,
  suddenFaults,
];
