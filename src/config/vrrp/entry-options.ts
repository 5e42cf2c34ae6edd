// The options of entries in a vrrp_instance's lists.

import { option } from "../keyword/planned.ts";
import type { OptionRow } from "../keyword/row.ts";

/** Of virtual_ipaddress and virtual_ipaddress_excluded. */
export const ADDRESS_OPTIONS: readonly OptionRow[] = [
  option("dev", "Interface to place the address on.", { takesValue: true }),
  option("scope", "IPv4 address scope; rejected for IPv6.", { takesValue: true }),
  option("broadcast", "IPv4 broadcast address; + sets host bits, - clears them.", {
    takesValue: true,
  }),
  option("brd", "Synonym of broadcast.", { takesValue: true }),
  option("label", "Address label (alias name).", { takesValue: true }),
  option("peer", "Point-to-point peer; its mask replaces the local prefix."),
  option("home", "Mark as Mobile IPv6 home address."),
  option("-nodad", "Turn duplicate address detection back on."),
  option("mngtmpaddr", "Manage temporary addresses flag."),
  option("noprefixroute", "Do not create the connected prefix route."),
  option("autojoin", "Join the multicast group automatically."),
  option("no_track", "Do not react to or restore the address when removed externally.", {
    isAlone: true,
  }),
  option("preferred_lft", "IPv6 preferred lifetime."),
  option("use_vmac", "Create a VMAC on that interface for this address."),
];

/** Of unicast_peer. */
export const PEER_OPTIONS: readonly OptionRow[] = [
  option("min_ttl", "Lowest accepted TTL; turns on check_unicast_src."),
  option("max_ttl", "Highest accepted TTL; turns on check_unicast_src."),
];

/** Of track_interface. */
export const TRACK_INTERFACE_OPTIONS: readonly OptionRow[] = [
  option("weight", "Priority adjustment.", { takesValue: true }),
];

/** Of track_script. */
export const TRACK_SCRIPT_OPTIONS: readonly OptionRow[] = [
  option("weight", "Priority adjustment override.", { takesValue: true }),
];
