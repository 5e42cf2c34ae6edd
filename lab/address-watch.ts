// Parses `ip -o -ts monitor all-nsid address` and works out which host held which address when. One monitor covers
// the whole lab, so its lines are in the kernel's order.

/** An address was added to or removed from an interface of a host. */
export interface AddressChange {
  /** Wall-clock milliseconds. */
  readonly at: number;
  readonly host: string;
  /** Index inside the host's network namespace. */
  readonly interfaceIndex: number;
  /** Without the prefix length: `192.168.7.120`. */
  readonly address: string;
  readonly prefixLength: number;
  readonly kind: "added" | "removed";
}

/** A period in which one host held one address. */
export interface Holding {
  readonly host: string;
  readonly interfaceIndex: number;
  readonly address: string;
  readonly from: number;
  /** Undefined if the address is still held. */
  readonly to: number | undefined;
}

/** A period in which several hosts held the same address. */
export interface Overlap {
  readonly address: string;
  readonly hosts: readonly string[];
  readonly from: number;
  /** Undefined if the overlap has not ended. */
  readonly to: number | undefined;
}

const linePattern =
  /^\[(?<time>[^\]]+)\] \[nsid (?<nsid>\d+)\](?<deleted>Deleted )?(?<index>\d+): \S+\s+inet6? (?<address>[0-9a-fA-F.:]+)(?: peer \S+?)?\/(?<prefix>\d+)/;

/** Parses one monitor line. `hostOf` maps a namespace id to a host name. Undefined for any other line or host. */
export function parseAddressLine(
  line: string,
  hostOf: (nsid: number) => string | undefined,
): AddressChange | undefined {
  const groups = linePattern.exec(line)?.groups;
  if (groups === undefined) return undefined;
  const { time = "", nsid, deleted, index, address = "", prefix } = groups;
  const host = hostOf(Number(nsid));
  if (host === undefined) return undefined;
  return {
    at: Date.parse(`${time.slice(0, 19)}Z`) + Number(`0${time.slice(19)}`) * 1000,
    host,
    interfaceIndex: Number(index),
    address,
    prefixLength: Number(prefix),
    kind: deleted === undefined ? "added" : "removed",
  };
}

/** The periods in which `address` (default: any) was held, in order of their start. Renewals are ignored. */
export function holdings(changes: readonly AddressChange[], address?: string): Holding[] {
  const found: { -readonly [Key in keyof Holding]: Holding[Key] }[] = [];
  for (const change of changes) {
    if (address !== undefined && change.address !== address) continue;
    const open = found.find(
      (holding) =>
        holding.to === undefined &&
        holding.host === change.host &&
        holding.interfaceIndex === change.interfaceIndex &&
        holding.address === change.address,
    );
    if (change.kind === "removed") {
      if (open !== undefined) open.to = change.at;
    } else if (open === undefined) {
      const { host, interfaceIndex, at } = change;
      found.push({ host, interfaceIndex, address: change.address, from: at, to: undefined });
    }
  }
  return found;
}

/** The hosts that hold `address` after all `changes`. */
export function holders(changes: readonly AddressChange[], address: string): string[] {
  const open = holdings(changes, address).filter((holding) => holding.to === undefined);
  return [...new Set(open.map((holding) => holding.host))];
}

/**
 * The periods in which two or more hosts held `address`. Goes by the order of the changes, not by their timestamps,
 * so changes within the same microsecond are handled correctly.
 */
export function overlaps(changes: readonly AddressChange[], address: string): Overlap[] {
  const found: Overlap[] = [];
  const held = new Map<string, Set<number>>();
  let since: { hosts: string[]; from: number } | undefined;
  for (const change of changes) {
    if (change.address !== address) continue;
    const interfaces = held.get(change.host) ?? new Set();
    if (change.kind === "added") interfaces.add(change.interfaceIndex);
    else interfaces.delete(change.interfaceIndex);
    if (interfaces.size > 0) held.set(change.host, interfaces);
    else held.delete(change.host);
    if (held.size > 1) {
      since ??= { hosts: [], from: change.at };
      since.hosts = [...new Set([...since.hosts, ...held.keys()])];
    } else if (since !== undefined) {
      found.push({ address, ...since, to: change.at });
      since = undefined;
    }
  }
  if (since !== undefined) found.push({ address, ...since, to: undefined });
  return found;
}
