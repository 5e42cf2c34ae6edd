// Finds the layer-2 networks of an interface: a macvlan shares the one of its lower interface, a VLAN adds a tag.

import type { Link } from "./link.ts";

/** Kinds of interfaces that are on the same network as their lower interface. */
const SHARING: readonly string[] = ["macvlan", "macvtap", "ipvlan", "ipvtap"];

/** The kernel's limit of stacked interfaces (MAX_NEST_DEV of linux/netdevice.h). */
const MAX_DEPTH = 8;

/**
 * The layer-2 networks of `link`: its own, then those that carry it with a VLAN tag. A network is named after the lowest
 * interface on it. An interface in another network namespace is named by ids: `2/5` is interface 5 of namespace 2. Does
 * not follow the lower interface of a veth or tunnel, which is its peer.
 */
export function segmentsOf(
  link: Link,
  linkByIndex: (index: number) => Link | undefined,
  maxDepth: number = MAX_DEPTH,
): readonly string[] {
  const { name, kind, lower, lowerNamespace } = link;
  const isTagged = kind === "vlan";
  const own = [name];
  if (lower === undefined || kind === undefined || maxDepth === 0) return own;
  if (!isTagged && !SHARING.includes(kind)) return own;
  const below =
    lowerNamespace === undefined ? linkByIndex(lower) : foreignSegment(lower, lowerNamespace);
  if (below === undefined) return own;
  const segments =
    typeof below === "string" ? [below] : segmentsOf(below, linkByIndex, maxDepth - 1);
  return isTagged ? [...own, ...segments] : segments;
}

/** Undefined if the namespace is unknown, since two unknown ones may differ. */
function foreignSegment(index: number, namespace: number): string | undefined {
  return namespace < 0 ? undefined : `${namespace}/${index}`;
}
