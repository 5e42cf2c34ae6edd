// Cleans up, in the parent, after a vrrp process that cannot be resumed: removes its addresses and resigns for it.

import type { VrrpPart } from "../../config/config.ts";
import type { VirtualAddress } from "../../config/vrrp/types.ts";
import type { InstanceConfig } from "../../config/vrrp/vrrp-config.ts";
import { counted } from "../../lib/counted.ts";
import type { Log } from "../../lib/log.ts";
import { NetworkMonitor } from "../../netlink/monitor.ts";
import { NetlinkRequester } from "../../netlink/requester.ts";
import { NETLINK_ROUTE } from "../../netlink/uapi/netlink.ts";
import { readNetwork } from "../../netlink/watch.ts";
import { errnoText } from "../../os/ffi/errno.ts";
import { openNetlinkSocket } from "../../os/net/netlink-socket.ts";
import { openVrrpSender } from "../../os/net/vrrp-socket.ts";
import type { SendAdvert } from "../../vrrp/action.ts";
import type { InterfaceState, KeptRecord } from "../../vrrp/event.ts";
import { advertActions, advertSource } from "../../vrrp/router/advert.ts";
import { floatingAddresses, interfaceStates } from "./interface-states.ts";
import { addressesLeftBy, KernelAddresses } from "./kernel-addresses.ts";
import { messagesOf } from "./send.ts";

/** An instance that no process runs, with its last record if that could be read. */
export interface LostInstance {
  readonly instance: InstanceConfig;
  readonly record: KeptRecord | undefined;
}

/** What cleaning up acts through. */
export interface CleanUpPorts {
  /** The current states. */
  interfaces(): readonly InterfaceState[];
  remove(addresses: readonly VirtualAddress[]): void;
  /** Sends the resignation of one instance; false if no socket could be opened (already logged). */
  resign(adverts: readonly SendAdvert[]): boolean;
}

/** `cleanUpAfter` on the kernel. */
export function cleanUp(config: VrrpPart, lost: readonly LostInstance[], log: Log): void {
  if (affectedOf(lost).length === 0) return;
  const socket = openNetlinkSocket({ protocol: NETLINK_ROUTE });
  try {
    const requester = new NetlinkRequester(socket);
    const found = readNetwork(requester);
    if (found.failure !== undefined) {
      const { detail, errno } = found.failure;
      throw new Error(`the interfaces: ${detail ?? errnoText(errno)}`);
    }
    const table = new NetworkMonitor(new Set());
    table.resync(found.links, found.addresses);
    const floating = floatingAddresses(config);
    const indexOf = (name: string): number | undefined => table.linkByName(name)?.index;
    const kernel = new KernelAddresses(requester, indexOf, log);
    const ports: CleanUpPorts = {
      interfaces: () => interfaceStates(table, floating),
      remove: (addresses) => kernel.remove(addresses),
      resign: (adverts) => resign(adverts, log),
    };
    cleanUpAfter(lost, ports, log);
  } finally {
    socket.close();
  }
}

/**
 * Removes the addresses that the kernel still holds for `lost`, then resigns (priority 0) for the active instances, so
 * that peers take over within their skew time. An owner's own addresses stay.
 */
export function cleanUpAfter(lost: readonly LostInstance[], ports: CleanUpPorts, log: Log): void {
  const affected = affectedOf(lost);
  if (affected.length === 0) return;
  const states = ports.interfaces();
  const addresses = affected.flatMap(({ instance, record }) =>
    states.flatMap((state) => addressesLeftBy(instance, record?.active === true, state)),
  );
  ports.remove(addresses);
  const resigned: string[] = [];
  for (const { instance, record } of affected) {
    const own = states.find(({ name }) => name === instance.interface)?.ipv4;
    const source = advertSource(instance, own);
    if (record === undefined || source === undefined) continue;
    if (ports.resign(advertActions(instance, source, 0))) resigned.push(instance.name);
  }
  if (addresses.length === 0 && resigned.length === 0) return;
  const forNames = resigned.length > 0 ? ` and resigned for ${resigned.join(", ")}` : "";
  const removed = counted(addresses.length, "address", "addresses");
  log("info", `Removed ${removed} of the vrrp process${forNames}`);
}

function affectedOf(lost: readonly LostInstance[]): readonly LostInstance[] {
  return lost.filter(({ record }) => record === undefined || record.active);
}

/** Sends the resignation and logs errors; false if no socket could be opened. */
function resign(adverts: readonly SendAdvert[], log: Log): boolean {
  const [first] = adverts;
  if (first === undefined) return true;
  const { instance, interface: interfaceName } = first;
  try {
    const sender = openVrrpSender({ interface: interfaceName });
    try {
      for (const { errno } of sender.send(messagesOf(adverts))) {
        log("error", `(${instance}): send advert error: ${errnoText(errno)}`);
      }
    } finally {
      sender.close();
    }
    return true;
  } catch (error) {
    log("error", `(${instance}): send advert error: ${(error as Error).message}`);
    return false;
  }
}
