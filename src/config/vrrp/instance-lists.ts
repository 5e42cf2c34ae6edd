// Reads the entries of a vrrp_instance's lists: addresses, peers, tracked scripts and interfaces.

import { type Ip, ipFamily } from "../../lib/ip.ts";
import { ipAddress } from "../keyword/argument.ts";
import type { Placed } from "../keyword/keyword.ts";
import type { Context, Draft } from "../keyword/row.ts";
import { nearest } from "../keyword/similar.ts";
import { placeOf, type Statement } from "../language/parser.ts";
import { isImplemented, takesFamily } from "./instance-family.ts";
import { readTrack, type TrackDefault } from "./track-entry.ts";
import type { TrackConfig } from "./types.ts";
import { type AddressDraft, readAddress } from "./virtual-address.ts";

/** One entry of unicast_peer. */
export function readPeer(entry: Statement, context: Context, draft: Draft): Placed<Ip>[] {
  const [word, option] = entry.words;
  if (word === undefined) return [];
  if (option?.text === "min_ttl" || option?.text === "max_ttl") {
    const message = `'${option.text}' is not implemented yet, and it would change which adverts are accepted`;
    context.report("not-implemented", option, message);
  } else if (option !== undefined) {
    context.report(
      "bad-value",
      option,
      `'${option.text}' is not an option of a peer; it is ignored`,
      {
        log: `${context.logPrefix}${word.text} - unknown unicast_peer option ${option.text}`,
      },
    );
  }
  const address = ipAddress.read(word, context.report);
  if (address === undefined) return [];
  const log = `Configuration error: VRRP instance[${draft.name}] and unicast peer address[${word.text}] MUST be of the same family !!! Skipping...`;
  if (!takesFamily(draft, address, word, context, log)) return [];
  if (!addTo(draft.listed, `peer ${address}`)) {
    context.report("duplicate-entry", word, `${address} is already listed; this entry is ignored`, {
      log: `${context.logPrefix}${address} - duplicate unicast_peer`,
    });
    return [];
  }
  return [{ value: address, place: word }];
}

/** One entry of virtual_ipaddress. */
export function readVirtualAddress(
  entry: Statement,
  context: Context,
  draft: Draft,
): Placed<AddressDraft>[] {
  const address = readAddress(entry, context);
  const word = entry.words[0];
  if (address === undefined || word === undefined) return [];
  const log = `(${draft.name}): address family must match VRRP instance [${word.text}] - ignoring`;
  if (!takesFamily(draft, address.address, word, context, log)) return [];
  // Adverts do not name interfaces, so an address may be advertised only once.
  const advertised = `advertised ${address.address}`;
  if (draft.listed.has(advertised) || !addTo(draft.listed, held(address))) {
    reportDuplicateAddress(entry, "", address, context, draft);
    return [];
  }
  draft.listed.add(advertised);
  return [{ value: address, place: placeOf(entry) }];
}

/** One entry of virtual_ipaddress_excluded, where addresses may be of both families. */
export function readExcludedAddress(
  entry: Statement,
  context: Context,
  draft: Draft,
): Placed<AddressDraft>[] {
  const address = readAddress(entry, context);
  const word = entry.words[0];
  if (address === undefined || word === undefined) return [];
  if (!isImplemented(ipFamily(address.address), word, context)) return [];
  if (!addTo(draft.listed, held(address))) {
    reportDuplicateAddress(entry, "Excluded ", address, context, draft);
    return [];
  }
  return [{ value: address, place: placeOf(entry) }];
}

function held({ address, interface: name = "" }: AddressDraft): string {
  return `address ${address} on ${name}`;
}

function reportDuplicateAddress(
  entry: Statement,
  kind: "" | "Excluded ",
  { address }: AddressDraft,
  context: Context,
  draft: Draft,
): void {
  context.report(
    "duplicate-entry",
    placeOf(entry),
    `${address} is already listed; this entry is ignored`,
    {
      log: `(${draft.name}): ${kind}VIP duplicates a VIP ${address} - ignoring`,
    },
  );
}

/** Adds `entry` to `listed`; false if it is already in it. */
function addTo(listed: Set<string>, entry: string): boolean {
  if (listed.has(entry)) return false;
  listed.add(entry);
  return true;
}

/** One entry of track_script; the script must have been defined before. */
export function readTrackScript(
  entry: Statement,
  context: Context,
  draft: Draft,
): Placed<TrackConfig>[] {
  const name = entry.words[0]?.text ?? "";
  const scripts = context.drafts.of("vrrp_script");
  const script = scripts.get(name);
  if (script === undefined) {
    context.report(
      "unknown-script",
      placeOf(entry),
      `there is no vrrp_script '${name}' above this line; the entry is ignored`,
      {
        log: `${context.logPrefix}track script ${name} not found, ignoring...`,
        suggestion: () => nearest(name, [...scripts.keys()]),
      },
    );
    return [];
  }
  const fallback = {
    weight: (script.given["weight"] ?? 0) as number,
    reverse: script.given["reverse"] === true,
  };
  return trackOnce(entry, "track_script", ["reverse", "noreverse"], fallback, context, draft);
}

/** One entry of track_interface. */
export function readTrackInterface(
  entry: Statement,
  context: Context,
  draft: Draft,
): Placed<TrackConfig>[] {
  const fallback = { weight: 0, reverse: false };
  return trackOnce(entry, "track_interface", ["reverse"], fallback, context, draft);
}

/** Reads an entry by `readTrack`; a name that is already listed is ignored. */
function trackOnce(
  entry: Statement,
  what: "track_script" | "track_interface",
  options: readonly ("reverse" | "noreverse")[],
  fallback: TrackDefault,
  context: Context,
  draft: Draft,
): Placed<TrackConfig>[] {
  const name = entry.words[0]?.text ?? "";
  const listed = `${what} ${name}`;
  if (draft.listed.has(listed)) {
    context.report(
      "duplicate-entry",
      placeOf(entry),
      `'${name}' is already listed; this entry is ignored`,
      {
        log: `${context.logPrefix}duplicate ${listed} - ignoring`,
      },
    );
    return [];
  }
  const track = readTrack(entry, what, options, fallback, context);
  if (track === undefined) return [];
  draft.listed.add(listed);
  return [{ value: track, place: placeOf(entry) }];
}
