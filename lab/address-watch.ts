// Who holds which address since when, read from one `ip -o -ts monitor all-nsid address` for the whole lab:
// one socket hears every host, so the order of its lines is the order in which the kernel did it.

/** One change of an address on one host. */
export interface AddressChange {
  /** Wall-clock milliseconds. */
  readonly at: number;
  readonly host: string;
  /** Of the interface in its host. */
  readonly interfaceIndex: number;
  /** Without the prefix length: `192.168.7.120`. */
  readonly address: string;
  readonly prefixLength: number;
  readonly kind: "added" | "removed";
}

/** A time in which one host held one address. */
export interface Holding {
  readonly host: string;
  readonly interfaceIndex: number;
  readonly address: string;
  readonly from: number;
  /** Undefined while it is still held. */
  readonly to: number | undefined;
}

/** A time in which more than one host held the same address. */
export interface Overlap {
  readonly address: string;
  readonly hosts: readonly string[];
  readonly from: number;
  /** Undefined while it lasts. */
  readonly to: number | undefined;
}

const linePattern =
  /^\[(?<time>[^\]]+)\] \[nsid (?<nsid>\d+)\](?<deleted>Deleted )?(?<index>\d+): \S+\s+inet6? (?<address>[0-9a-fA-F.:]+)(?: peer \S+?)?\/(?<prefix>\d+)/;

/** Reads one line of the monitor; `hostOf` names the host of a namespace id. Undefined for any other line. */
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

/** The times in which `address` (or any) was held, in the order in which they began. Renewals change nothing. */
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

/** The hosts that hold `address` after these changes. */
export function holders(changes: readonly AddressChange[], address: string): string[] {
  const open = holdings(changes, address).filter((holding) => holding.to === undefined);
  return [...new Set(open.map((holding) => holding.host))];
}

/**
 * The times in which two hosts or more held `address`. Found by the order of the changes, not by their
 * stamps: two that share a microsecond are still told apart.
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
