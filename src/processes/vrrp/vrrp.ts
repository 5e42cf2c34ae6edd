// The vrrp process: one loop around the engine, its sockets and the kernel's addresses.

import type { VrrpPart } from "../../config/config.ts";
import { shortestPeersWait } from "../../config/vrrp/lease.ts";
import type { Micros } from "../../lib/micros.ts";
import { NetlinkRequester } from "../../netlink/requester.ts";
import { NETLINK_ROUTE } from "../../netlink/uapi/netlink.ts";
import {
  RTM_NEWADDR,
  RTNLGRP_IPV4_IFADDR,
  RTNLGRP_IPV6_IFADDR,
  RTNLGRP_LINK,
} from "../../netlink/uapi/rtnetlink.ts";
import { NetworkWatch } from "../../netlink/watch.ts";
import type { Notification } from "../../notify/notifications.ts";
import { boottime } from "../../os/loop/clock.ts";
import { openArpSender } from "../../os/net/arp-socket.ts";
import { openNetlinkSocket } from "../../os/net/netlink-socket.ts";
import { Heartbeat } from "../../process/heartbeat.ts";
import { Loop } from "../../process/loop.ts";
import type { DumpKind, StartOrder } from "../../process/messages.ts";
import type { ChildPorts, RunningChild } from "../../process/role.ts";
import { heartbeatPeriod } from "../../process/watchdog.ts";
import type { NodeEvent } from "../../vrrp/event.ts";
import { VrrpNode } from "../../vrrp/node.ts";
import { dumpTitle, type VrrpSnapshot } from "./dump.ts";
import { Interfaces } from "./interfaces.ts";
import { addressesLeftBy, KernelAddresses } from "./kernel-addresses.ts";
import type { VrrpOrder, VrrpReport } from "./messages.ts";
import { Network, type RenamedInterface } from "./network.ts";
import { Performer } from "./perform.ts";
import { InstanceRecords } from "./records.ts";
import { sendAdverts, sendAnnouncements } from "./send.ts";
import { VrrpSockets } from "./vrrp-sockets.ts";

/** Owns the engine of the node and everything that it acts through. */
export class VrrpProcess implements RunningChild<VrrpPart, VrrpOrder> {
  readonly #order: StartOrder<VrrpPart>;
  readonly #ports: ChildPorts<VrrpReport>;
  readonly #loop: Loop;
  readonly #heartbeat: Heartbeat;
  readonly #node: VrrpNode;
  readonly #interfaces: Interfaces;
  readonly #addresses: KernelAddresses;
  readonly #performer: Performer;
  readonly #records: InstanceRecords;
  #part: VrrpPart;
  /** Reports to be sent after the log lines of this round: the parent logs what follows from them. */
  readonly #deferredReports: (() => void)[] = [];
  #handledAt: Micros = 0;

  constructor(order: StartOrder<VrrpPart>, ports: ChildPorts<VrrpReport>) {
    const { log } = ports;
    const { part, log: logSettings } = order;
    this.#order = order;
    this.#ports = ports;
    this.#part = part;
    this.#records = new InstanceRecords(ports.records, part.instances);
    this.#heartbeat = new Heartbeat((now) => ports.records.beat(now), boottime, heartbeatOf(part));
    this.#node = new VrrpNode(part, { detailed: logSettings.detail });
    this.#loop = new Loop({
      deadline: () => this.#deadline(),
      due: (now) => this.#due(now),
      end: (now) => this.#performer.performTurn(now),
      fatal: ports.onFatal,
    });

    const asking = openNetlinkSocket({ protocol: NETLINK_ROUTE });
    const renewing = openNetlinkSocket({ protocol: NETLINK_ROUTE });
    const hearing = openNetlinkSocket({
      protocol: NETLINK_ROUTE,
      groups: [RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR],
    });
    // Renewals are hundreds every second, and change nothing that the table holds.
    hearing.ignore(RTM_NEWADDR, renewing.port);
    const requester = new NetlinkRequester(asking);
    const watch = new NetworkWatch(hearing, requester, new Set([asking.port, renewing.port]));
    const indexOf = (name: string): number | undefined => watch.table.linkByName(name)?.index;
    const addresses = new KernelAddresses(requester, indexOf, log);
    const renewals = new KernelAddresses(new NetlinkRequester(renewing), indexOf, log);
    this.#addresses = addresses;

    const sockets = new VrrpSockets(
      this.#loop,
      order.kept,
      log,
      (name, packet, waitedMicros, now) =>
        this.#handle({ kind: "packet", interface: name, ...packet, waitedMicros }, now),
    );
    const network = new Network(part, watch, (sequence, address) =>
      addresses.hasAskedFor(sequence, address),
    );
    this.#interfaces = new Interfaces(network, sockets, {
      log,
      detail: logSettings.detail,
      emit: (event, now) => this.#handle(event, now),
      onRenamed: (renamed) => this.#clear(renamed),
      onChanged: (carriers) => {
        ports.keep(sockets.receivers());
        for (const name of carriers) ports.report({ kind: "leasedInterface", interface: name });
      },
    });
    this.#loop.add(hearing.fd, "kernel", (now) => this.#interfaces.read(now));

    const arpSender = openArpSender();
    const heartbeat = this.#heartbeat;
    this.#performer = new Performer({
      now: boottime,
      record: (instance, record) => this.#records.write(instance, record),
      removeAddresses: (removed) => heartbeat.inParts(removed, (some) => addresses.remove(some)),
      sendAdverts: (adverts) => sendAdverts(adverts, (name) => sockets.sender(name)),
      addAddresses: (orders) => heartbeat.inParts(orders, (some) => addresses.set(some)),
      renewAddresses: (orders) => heartbeat.inParts(orders, (some) => renewals.set(some)),
      sendAnnouncements: (announcements) =>
        sendAnnouncements(announcements, (name) => network.link(name), arpSender, log),
      unclaimed: (instance) => this.#handle({ kind: "unclaimed", instance }, boottime()),
      unannounced: (announcements) =>
        this.#handle({ kind: "unannounced", announcements }, boottime()),
      runScript: (script, run) => ports.report({ kind: "runScript", script, run }),
      notify: (notifications) => this.#deferredReports.push(() => this.#notify(notifications)),
      stopped: () => this.#deferredReports.push(ports.onStopped),
      round: (act) => {
        ports.together(act);
        for (const report of this.#deferredReports.splice(0)) report();
        heartbeat.beat();
      },
      log,
      detail: logSettings.detail,
    });
  }

  /** Begins to contend, or continues from the records of a killed process. Throws a SystemError. */
  start(): void {
    const { resume } = this.#order;
    const interfaces = this.#interfaces.begin(this.#part);
    const records = resume ? this.#records.resume() : undefined;
    this.#handle({ kind: "start", interfaces, records }, boottime());
    if (resume) this.#ports.log("info", "Resuming after the last process was killed");
    this.#loop.start();
  }

  obey(order: VrrpOrder): void {
    this.#loop.turn((now) => this.#handle(order, now));
  }

  reload(part: VrrpPart, generation: number): void {
    this.#loop.turn((now) => this.#reload(part, generation, now));
  }

  stop(): void {
    const { keepAddresses } = this.#order.options;
    this.#loop.turn((now) => this.#handle({ kind: "stop", keepAddresses }, now));
  }

  *dump(kind: DumpKind): Generator<VrrpSnapshot, undefined> {
    this.#ports.log("info", `${dumpTitle(kind)} for process(${process.pid}) on signal`);
    const isClearing = kind === "statsClear";
    const { worstLatenessMicros } = this.#loop;
    if (isClearing) this.#loop.resetLateness();
    const takenAt = boottime();
    for (const node of this.#node.snapshotPieces(isClearing ? "clear" : "keep")) {
      yield { takenAt, worstLatenessMicros, node };
    }
    return undefined;
  }

  /** Called in each turn of the loop, after waiting packets and notifications of the kernel. */
  #due(now: Micros): void {
    this.#heartbeat.beat(now);
    this.#interfaces.repeat(now);
    const deadline = this.#node.deadline();
    if (deadline !== undefined && deadline <= now) this.#handle({ kind: "deadline" }, now);
  }

  #deadline(): Micros {
    const due = this.#node.deadline() ?? Number.POSITIVE_INFINITY;
    return Math.min(
      due,
      this.#performer.deadline(),
      this.#heartbeat.deadline(),
      this.#interfaces.deadline(),
    );
  }

  #handle(event: NodeEvent, now: Micros): void {
    // While a turn is performed events arise, with the time of that moment. The turn's next events have its earlier time,
    // but the engine's time must not go back.
    this.#handledAt = Math.max(this.#handledAt, now);
    this.#performer.add(this.#node.handle(event, this.#handledAt));
  }

  #reload(part: VrrpPart, generation: number, now: Micros): void {
    this.#records.reload(this.#part.instances, part.instances, generation);
    this.#part = part;
    this.#heartbeat.setPeriod(heartbeatOf(part));
    const interfaces = this.#interfaces.widen(part);
    this.#heartbeat.beat();
    this.#handle({ kind: "reload", config: part, interfaces }, now);
    this.#heartbeat.beat();
    this.#performer.performTurn(now);
    this.#interfaces.narrow(part);
    this.#ports.onReloaded(generation);
  }

  /** Removes our addresses from an interface that has another name now. */
  #clear({ name, index, state }: RenamedInterface): void {
    const ours = this.#part.instances.flatMap((instance) =>
      addressesLeftBy(instance, this.#records.isActive(instance.name), state, name),
    );
    this.#addresses.remove(ours, index);
  }

  #notify(notifications: readonly Notification[]): void {
    this.#records.noteNotified(notifications, this.#handledAt);
    this.#ports.report({ kind: "notify", notifications });
  }
}

function heartbeatOf({ instances }: VrrpPart): Micros {
  return heartbeatPeriod(shortestPeersWait(instances));
}
