// The faults of a simulation and their times.

import type { VrrpPart } from "../../src/config/config.ts";
import { MILLISECOND, type Micros } from "../../src/lib/micros.ts";
import { between, type Prng } from "../../src/lib/prng.ts";

/** A fault that begins at `at` and ends at `until`. */
export type Fault = { readonly at: Micros; readonly until: Micros } & (
  | { readonly kind: "freeze"; readonly host: number }
  /** Stops all processes of the host's daemon, in the middle of a turn of the vrrp process. */
  | { readonly kind: "freezeInTurn"; readonly host: number; readonly afterCalls: number }
  | { readonly kind: "suspend"; readonly host: number }
  | { readonly kind: "crash"; readonly host: number }
  | { readonly kind: "reboot"; readonly host: number }
  | { readonly kind: "stop"; readonly host: number }
  | { readonly kind: "crashChild"; readonly host: number }
  | { readonly kind: "crashChildInTurn"; readonly host: number; readonly afterCalls: number }
  | { readonly kind: "crashLoop"; readonly host: number; readonly every: Micros }
  | { readonly kind: "stopChild"; readonly host: number }
  | { readonly kind: "stopChildInTurn"; readonly host: number; readonly afterCalls: number }
  /** Its loop hangs until it is killed. */
  | { readonly kind: "hangChild"; readonly host: number }
  /** It is stopped, and takes that long to die after SIGKILL. */
  | { readonly kind: "undyingChild"; readonly host: number }
  | { readonly kind: "linkDown"; readonly host: number }
  /** On eth1, which has floating addresses. */
  | { readonly kind: "carrierDown"; readonly host: number }
  | { readonly kind: "carrierGone"; readonly host: number }
  /** The host loses its own address. */
  | { readonly kind: "ownAddressGone"; readonly host: number }
  | { readonly kind: "unhealthy"; readonly host: number }
  | { readonly kind: "deleteAddresses"; readonly host: number; readonly every: Micros }
  | { readonly kind: "reload"; readonly host: number; readonly config: VrrpPart }
  | { readonly kind: "partition"; readonly hosts: readonly number[] }
  | { readonly kind: "oneWay"; readonly from: number; readonly to: number }
  | { readonly kind: "loss"; readonly share: number }
);

const MOST_FAULTS = 8;

/** The faults of one host follow each other; those of the network may overlap. */
export function faultsOf(
  random: Prng,
  hosts: number,
  begin: Micros,
  unit: Micros,
  newConfig: (host: number) => VrrpPart,
): Fault[] {
  const faults: Fault[] = [];
  const busyUntil = new Array<Micros>(hosts).fill(begin);
  const count = between(random, 1, MOST_FAULTS);
  const span = (least: number, most: number): Micros =>
    Math.floor(least * unit + random() * (most - least) * unit);
  for (let index = 0; index < count; index++) {
    const host = between(random, 0, hosts - 1);
    const other = (host + between(random, 1, hosts - 1)) % hosts;
    const at = Math.max(begin + span(0, 20), busyUntil[host] ?? 0);
    const kind = between(random, 0, 23);
    const long = { at, until: at + span(0.1, 10), host };
    const short = { at, until: at + span(0.01, 1.5), host };
    switch (kind) {
      case 0:
        faults.push({ kind: "freeze", ...long });
        break;
      case 1:
        faults.push({ kind: "freeze", ...short });
        break;
      case 2:
        faults.push({ kind: "freezeInTurn", ...long, afterCalls: between(random, 0, 8) });
        break;
      case 3:
        faults.push({ kind: "suspend", ...long });
        break;
      case 4:
        faults.push({ kind: "crash", ...long });
        break;
      case 5:
        faults.push({ kind: "reboot", ...long });
        break;
      case 6:
        faults.push({ kind: "stop", ...long });
        break;
      case 7:
        faults.push({ kind: "crashChild", at, until: at, host });
        break;
      case 8:
        faults.push({ kind: "linkDown", ...long });
        break;
      case 9:
        faults.push({ kind: "unhealthy", ...long });
        break;
      case 10:
        faults.push({ kind: "deleteAddresses", ...long, every: span(0.05, 2) });
        break;
      case 11:
        faults.push({ kind: "reload", at, until: at, host, config: newConfig(host) });
        break;
      case 12: {
        const side = Array.from({ length: hosts }, (_, each) => each).filter(() => random() < 0.5);
        const { at: from, until } = long;
        faults.push(
          random() < 0.5
            ? { kind: "partition", at: from, until, hosts: side }
            : { kind: "oneWay", at: from, until, from: host, to: other },
        );
        break;
      }
      case 13:
        faults.push({ kind: "carrierDown", ...long });
        break;
      case 14:
        faults.push({ kind: "carrierGone", ...long });
        break;
      case 15:
        faults.push({ kind: "ownAddressGone", ...long });
        break;
      case 16: {
        // Like programs that reconfigure an interface.
        const until = at + Math.floor(random() * random() * 250 * MILLISECOND);
        faults.push({ kind: "ownAddressGone", at, until, host });
        break;
      }
      case 17:
        faults.push({ kind: "crashChildInTurn", ...short, afterCalls: between(random, 0, 8) });
        break;
      case 18:
        faults.push({ kind: "crashLoop", ...long, every: span(0.2, 3) });
        break;
      case 19:
        faults.push({ kind: "stopChild", ...short });
        break;
      case 20:
        faults.push({ kind: "stopChildInTurn", ...long, afterCalls: between(random, 0, 8) });
        break;
      case 21:
        faults.push({ kind: "hangChild", at, until: at, host });
        break;
      case 22:
        faults.push({ kind: "undyingChild", ...long });
        break;
      default:
        faults.push({ kind: "loss", at, until: long.until, share: 0.05 + random() * 0.4 });
    }
    const last = faults[faults.length - 1];
    if (last !== undefined && "host" in last) busyUntil[host] = last.until + span(0.1, 3);
  }
  return faults.sort((a, b) => a.at - b.at);
}
