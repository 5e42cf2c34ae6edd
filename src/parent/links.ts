// The socket pairs between children. The parent keeps both ends, so that a pair outlives the children: a restarted child
// gets the same end, and the other child notices only its greeting (`Link`).

import { openSocketPair } from "../os/net/socket-pair.ts";
import type { KeptDescriptor } from "../process/messages.ts";
import type { Role } from "../process/role.ts";

type LinkedRole = Pick<Role, "name" | "links">;

/** The pairs of one daemon, each created when first needed. */
export class Links {
  readonly #roles: readonly LinkedRole[];
  /** By the sorted names of both roles: the end of each role. */
  readonly #pairs = new Map<string, ReadonlyMap<string, number>>();

  constructor(roles: readonly LinkedRole[]) {
    this.#roles = roles;
  }

  /** The ends of the child of `role`, labelled by the role at the other end. */
  endsOf(role: LinkedRole): KeptDescriptor[] {
    const peers = this.#roles.filter(
      (peer) =>
        peer.name !== role.name &&
        (peer.links?.includes(role.name) || role.links?.includes(peer.name)),
    );
    return peers.flatMap((peer) => {
      const fd = this.#pairOf(role.name, peer.name).get(role.name);
      return fd === undefined ? [] : [{ label: peer.name, fd }];
    });
  }

  #pairOf(...names: [string, string]): ReadonlyMap<string, number> {
    const [first, second] = names.sort() as [string, string];
    const key = `${first} ${second}`;
    const known = this.#pairs.get(key);
    if (known !== undefined) return known;
    const [one, other] = openSocketPair();
    const pair = new Map([
      [first, one],
      [second, other],
    ]);
    this.#pairs.set(key, pair);
    return pair;
  }
}
