// The blocks of BFD, which are not built yet.

import { planned, plannedBlock } from "../keyword/planned.ts";
import type { Row } from "../keyword/row.ts";

export const BFD_ROWS: readonly Row[] = [
  plannedBlock(
    "bfd_instance",
    "One BFD session.",
    [
      planned("source_ip", "Local address; also makes source port range compliant."),
      planned("neighbor_ip", "Remote address."),
      planned("neighbour_ip", "Alternate spelling of neighbor_ip."),
      planned("min_rx", "Required minimum receive interval."),
      planned("min_tx", "Desired minimum transmit interval."),
      planned("idle_tx", "Transmit interval while session is not up."),
      planned("multiplier", "Detection multiplier."),
      planned("passive", "Do not transmit until the peer does."),
      planned("ttl", "Outgoing TTL."),
      planned("hoplimit", "Outgoing hop limit."),
      planned("max_hops", "Allowed TTL reduction on received packets."),
      planned("multihop", "Use UDP port 4784 instead of 3784."),
      planned("weight", "Default tracking weight for VRRP."),
      planned("vrrp", "Deliver events to the VRRP process (only)."),
      planned("checker", "Deliver events to the checker process (only)."),
    ],
    {
      whenEmpty: {
        log: "Configuration error: BFD instance NAME has no neighbor address set, disabling instance",
      },
    },
  ),
];
