// The facts of the machine that the configuration needs. The shell provides them, since this folder does no I/O.

import type { Prefix } from "../../lib/prefix.ts";
import type { ScriptFacts } from "../../lib/script.ts";

/** A network interface. */
export interface InterfaceFacts {
  /** Octets. */
  readonly mtu: number;
  readonly loopback: boolean;
  /** IFF_MULTICAST. */
  readonly multicast: boolean;
  /**
   * Names of its layer-2 networks: its own, then those that carry it with a VLAN tag. A network has the name of the
   * lowest interface on it, so the first one is that of the lower interface for a macvlan and similar kinds.
   */
  readonly segments: readonly string[];
  /** The addresses that no keepalived added. */
  readonly addresses: readonly Prefix[];
}

/** The current facts of the machine. */
export interface System {
  /** The node name (uname). */
  readonly hostName: string;
  /** The user of the daemon, usually root. */
  readonly self: {
    readonly name: string;
    readonly uid: number;
    readonly gid: number;
    readonly groups: readonly number[];
  };
  /** The existing processors, for affinity masks. */
  readonly processors: number;
  /** Every interface in the network namespace of the caller. */
  readonly interfaceNames: readonly string[];
  /** Undefined if the interface does not exist in the network namespace of the caller. */
  interface(name: string): InterfaceFacts | undefined;
  /** The user's ids and, in `groups`, all its groups, the primary one first. */
  user(
    name: string,
  ): { readonly uid: number; readonly gid: number; readonly groups: readonly number[] } | undefined;
  group(name: string): number | undefined;
  /** Checks `program` for that user; a name without a slash is searched in PATH. */
  script(program: string, uid: number, gid: number): ScriptFacts;
}
