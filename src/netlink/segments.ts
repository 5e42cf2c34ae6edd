// Which interfaces share a network: a macvlan's frames leave on the interface below it as they are, a VLAN's with a tag.

import type { Link } from "./link.ts";

/** Kinds of interface whose frames are on the network of the interface below. */
const SHARING: readonly string[] = ["macvlan", "macvtap", "ipvlan", "ipvtap"];

/** The kernel stacks no more interfaces than this (MAX_NEST_DEV of linux/netdevice.h). */
const DEEPEST = 8;

/**
 * Names of the layer-2 networks that `link` uses: the one it is on, then those that carry that one with a VLAN tag. A
 * network has the name of the lowest interface on it; of one in another network namespace only ids are known: `2/5` is
 * interface 5 of namespace 2. A veth's or a tunnel's lower interface is not followed: that is its other end.
 */
export function segmentsOf(
  link: Link,
  linkByIndex: (index: number) => Link | undefined,
  deepest: number = DEEPEST,
): readonly string[] {
  const { name, kind, lower, lowerNamespace } = link;
  const isTagged = kind === "vlan";
  const own = [name];
  if (lower === undefined || kind === undefined || deepest === 0) return own;
  if (!isTagged && !SHARING.includes(kind)) return own;
  const below =
    lowerNamespace === undefined ? linkByIndex(lower) : foreignSegment(lower, lowerNamespace);
  if (below === undefined) return own;
  const segments =
    typeof below === "string" ? [below] : segmentsOf(below, linkByIndex, deepest - 1);
  return isTagged ? [...own, ...segments] : segments;
}

/** Undefined for a namespace that is not known: two of them may differ. */
function foreignSegment(index: number, namespace: number): string | undefined {
  return namespace < 0 ? undefined : `${namespace}/${index}`;
}
