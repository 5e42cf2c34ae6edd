// The entries of a vrrp_instance's lists: addresses, peers, tracked scripts and interfaces.

import { ipFamily } from "../../lib/ip.ts";
import type { AddressDraft, InstanceDraft, Placed } from "../draft.ts";
import { ipAddress } from "../keyword/argument.ts";
import type { Context } from "../keyword/keyword.ts";
import { nearest } from "../keyword/lookup.ts";
import { placeOf, type Statement } from "../language/parser.ts";
import { takesFamily } from "./instance-family.ts";
import { readTrack } from "./track.ts";
import { readAddress } from "./virtual-address.ts";

/** One entry of unicast_peer. */
export function addPeer(draft: InstanceDraft, entry: Statement, context: Context): void {
  const [word, option] = entry.words;
  if (word === undefined) return;
  if (option?.text === "min_ttl" || option?.text === "max_ttl") {
    const message = `'${option.text}' is not implemented yet, and it decides which adverts are taken`;
    context.report("not-implemented", option, message);
  } else if (option !== undefined) {
    context.report("bad-value", option, `'${option.text}' is not an option of a peer`, {
      log: `${context.logPrefix}${word.text} - unknown unicast_peer option ${option.text}`,
    });
  }
  const address = ipAddress.read(word, context.report);
  if (address === undefined) return;
  const log = `Configuration error: VRRP instance[${draft.name}] and unicast peer address[${word.text}] MUST be of the same family !!! Skipping...`;
  if (!takesFamily(draft, address, word, context, log)) return;
  if (!isNew(draft, `peer ${address}`)) {
    context.report("duplicate-entry", word, `${address} is listed twice`, {
      log: `${context.logPrefix}${address} - duplicate unicast_peer`,
    });
    return;
  }
  draft.unicastPeers.push({ value: address, place: word });
}

/** One entry of virtual_ipaddress or virtual_ipaddress_excluded: `target` says which. */
export function addAddress(
  draft: InstanceDraft,
  target: Placed<AddressDraft>[],
  entry: Statement,
  context: Context,
): void {
  const address = readAddress(entry, context);
  const word = entry.words[0];
  if (address === undefined || word === undefined) return;
  const excluded = target === draft.excludedAddresses;
  // Excluded addresses may be of both families.
  const owner = excluded ? { ...draft, family: ipFamily(address.address) } : draft;
  const log = `(${draft.name}): address family must match VRRP instance [${word.text}] - ignoring`;
  if (!takesFamily(owner, address.address, word, context, log)) return;
  // An advert cannot say on which interface an address is: there it counts once.
  const advertised = `advertised ${address.address}`;
  const there = `address ${address.address} on ${address.interface ?? ""}`;
  if ((!excluded && draft.listed.has(advertised)) || !isNew(draft, there)) {
    context.report("duplicate-entry", placeOf(entry), `${address.address} is listed twice`, {
      log: `(${draft.name}): ${excluded ? "Excluded " : ""}VIP duplicates a VIP ${address.address} - ignoring`,
    });
    return;
  }
  if (!excluded) draft.listed.add(advertised);
  target.push({ value: address, place: placeOf(entry) });
}

/** Whether `entry` stands in none of the instance's lists yet; from now on it does. */
function isNew({ listed }: InstanceDraft, entry: string): boolean {
  if (listed.has(entry)) return false;
  listed.add(entry);
  return true;
}

/** One entry of track_script; the script must have been defined before. */
export function addTrackScript(draft: InstanceDraft, entry: Statement, context: Context): void {
  const name = entry.words[0]?.text ?? "";
  const script = context.draft.scripts.get(name);
  if (script === undefined) {
    context.report(
      "unknown-script",
      placeOf(entry),
      `there is no vrrp_script '${name}' before this line`,
      {
        log: `${context.logPrefix}track script ${name} not found, ignoring...`,
        suggestion: () => nearest(name, [...context.draft.scripts.keys()]),
      },
    );
    return;
  }
  if (draft.listed.has(`script ${name}`)) {
    context.report("duplicate-entry", placeOf(entry), `'${name}' is listed twice`, {
      log: `${context.logPrefix}duplicate track_script ${name} - ignoring`,
    });
    return;
  }
  const fallback = { weight: script.weight ?? 0, reverse: script.reverse ?? false };
  const options = ["reverse", "noreverse"] as const;
  const track = readTrack(entry, "track_script", options, fallback, context);
  if (track === undefined) return;
  draft.listed.add(`script ${name}`);
  draft.trackScripts.push({ value: track, place: placeOf(entry) });
}

/** One entry of track_interface. */
export function addTrackInterface(draft: InstanceDraft, entry: Statement, context: Context): void {
  const name = entry.words[0]?.text ?? "";
  if (draft.listed.has(`interface ${name}`)) {
    context.report("duplicate-entry", placeOf(entry), `'${name}' is listed twice`, {
      log: `${context.logPrefix}duplicate track_interface ${name} - ignoring`,
    });
    return;
  }
  const fallback = { weight: 0, reverse: false };
  const track = readTrack(entry, "track_interface", ["reverse"], fallback, context);
  if (track === undefined) return;
  draft.listed.add(`interface ${name}`);
  draft.trackInterfaces.push({ value: track, place: placeOf(entry) });
}
