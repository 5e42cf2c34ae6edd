// What the reading of a configuration must know of the machine, asked of the shell: this folder does no I/O itself.

import type { Prefix } from "../lib/prefix.ts";
import type { ScriptFacts } from "../lib/script.ts";

/** What the kernel says of one network interface. */
export interface InterfaceFacts {
  /** Octets. */
  readonly mtu: number;
  readonly loopback: boolean;
  /** IFF_MULTICAST. */
  readonly multicast: boolean;
  /**
   * Names of the layer-2 networks that its frames travel on: the one it is on, then those that carry that one with a
   * VLAN tag. It is its own name, or for a macvlan and its like the name of the interface below.
   */
  readonly segments: readonly string[];
  /** Those that no keepalived added. */
  readonly addresses: readonly Prefix[];
}

/** The facts of the machine; every answer holds at the moment of asking. */
export interface System {
  /** The node name as uname gives it. */
  readonly hostName: string;
  /** Whom the daemon itself runs as: root, as a rule. */
  readonly self: {
    readonly name: string;
    readonly uid: number;
    readonly gid: number;
    readonly groups: readonly number[];
  };
  /** The processors that there are, for affinity masks. */
  readonly processors: number;
  /** Every interface in the network namespace of the caller. */
  readonly interfaceNames: readonly string[];
  /** Undefined when there is no such interface in the network namespace of the caller. */
  interface(name: string): InterfaceFacts | undefined;
  /** The user's ids and, in `groups`, every group it is a member of, its own first. */
  user(
    name: string,
  ): { readonly uid: number; readonly gid: number; readonly groups: readonly number[] } | undefined;
  group(name: string): number | undefined;
  /** Looks at `program` as the user would see it; `program` may lack a slash and is then sought in PATH. */
  script(program: string, uid: number, gid: number): ScriptFacts;
}

/** The content of a file, or why it can't be had (in the words of strerror). */
export type FileContent =
  | {
      readonly kind: "content";
      readonly bytes: Uint8Array;
      /** An execute bit is set: such a file is not included. */
      readonly executable?: boolean;
    }
  | { readonly kind: "missing"; readonly reason: string }
  | { readonly kind: "unreadable"; readonly reason: string }
  /** A directory, a FIFO, links without end. */
  | { readonly kind: "irregular"; readonly reason: string }
  | { readonly kind: "too-large" };

/** Reads one whole file, unless it has more than `mostOctets`. */
export type ReadFile = (path: string, mostOctets: number) => FileContent;
