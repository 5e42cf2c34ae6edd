// What the vrrp process is: one loop around the engine of the node, its sockets and the kernel's addresses.

import { allAddresses, type InstanceConfig, type VrrpPart } from "../../config/config.ts";
import { matchInstances } from "../../config/vrrp/match-instances.ts";
import { MILLISECOND, type Micros, SECOND } from "../../lib/micros.ts";
import type { LinkState } from "../../netlink/monitor.ts";
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
import { errnoText, SystemError } from "../../os/ffi/errno.ts";
import { boottime } from "../../os/loop/clock.ts";
import { openNetlinkSocket } from "../../os/net/netlink-socket.ts";
import { Loop } from "../../process/loop.ts";
import type { DumpKind, StartOrder } from "../../process/messages.ts";
import type { RecordFile } from "../../process/record.ts";
import type { ChildPorts, RunningChild } from "../../process/role.ts";
import { heartbeatPeriod } from "../../process/watchdog.ts";
import { appendBatch, type Batch } from "../../vrrp/action.ts";
import type { InstanceRecord, KeptRecord, NodeEvent, ToldState } from "../../vrrp/event.ts";
import { VrrpNode } from "../../vrrp/node.ts";
import { AskedRemovals } from "./asked-removals.ts";
import { AssignedAddresses } from "./assigned-addresses.ts";
import { dumpLine, writeDump } from "./dump.ts";
import { KernelAddresses } from "./kernel-addresses.ts";
import { addressesLeftBy } from "./left-behind.ts";
import type { VrrpOrder, VrrpReport } from "./messages.ts";
import { Network, type RenamedInterface } from "./network.ts";
import { shortestPeersWait } from "./peers-wait.ts";
import { Performer } from "./perform.ts";
import { VrrpSockets } from "./vrrp-sockets.ts";

/** What people know after each notification; undefined: nothing that a process which resumes could leave unsaid. */
const TOLD: { readonly [event in Notification["event"]]: ToldState | undefined | "nothing new" } = {
  master: "MASTER",
  backup: "BACKUP",
  fault: "FAULT",
  stop: undefined,
  deleted: undefined,
  removed: undefined,
  unchanged: "nothing new",
  masterRxLowerPri: "nothing new",
  masterPriority: "nothing new",
  backupPriority: "nothing new",
};

/** After the kernel dropped announcements and did not say what there is: when to ask again. */
const READ_AGAIN_MICROS: Micros = 100 * MILLISECOND;

/** How often sockets that could not be opened are tried again. */
const OPEN_AGAIN_MICROS: Micros = SECOND;

/** How many addresses are set or removed between two heartbeats. */
const PART_ADDRESSES = 512;

/** How often one turn performs what came of its own performance. */
const MOST_ROUNDS = 10;

/** Holds the node's engine and everything it acts through. */
export class VrrpProcess implements RunningChild<VrrpPart, VrrpOrder> {
  readonly #order: StartOrder<VrrpPart>;
  readonly #ports: ChildPorts<VrrpReport>;
  readonly #loop: Loop;
  readonly #node: VrrpNode;
  readonly #network: Network;
  readonly #sockets: VrrpSockets;
  readonly #performer: Performer;
  readonly #addresses: KernelAddresses;
  readonly #records: RecordFile;
  readonly #assigned: AssignedAddresses;
  /** What this turn's events asked for. */
  #batches: Batch[] = [];
  /** What the parent is told behind this turn's lines: it logs what comes of it. */
  readonly #words: (() => void)[] = [];
  #config: VrrpPart;
  #indexByInstance: ReadonlyMap<string, number>;
  /** The interfaces that are to carry addresses, with the index that the parent was told of. */
  readonly #carriers = new Map<string, number | undefined>();
  readonly #lastRecords = new Map<string, KeptRecord>();
  #heartbeatMicros: Micros;
  #beatAt: Micros = 0;
  /** When the interfaces are to be read anew, after that failed. */
  #readAgainAt: Micros | undefined;
  /** When sockets that could not be opened are to be tried again. */
  #openAgainAt: Micros | undefined;
  #handledAt: Micros = 0;

  constructor(order: StartOrder<VrrpPart>, ports: ChildPorts<VrrpReport>) {
    const { log } = ports;
    this.#order = order;
    this.#ports = ports;
    this.#records = ports.records;
    this.#config = order.part;
    this.#assigned = new AssignedAddresses(order.log.detail ? log : (): void => undefined);
    this.#indexByInstance = indexByInstance(order.part);
    this.#heartbeatMicros = heartbeatOf(order.part);

    const asking = openNetlinkSocket({ protocol: NETLINK_ROUTE });
    const renewing = openNetlinkSocket({ protocol: NETLINK_ROUTE });
    const hearing = openNetlinkSocket({
      protocol: NETLINK_ROUTE,
      groups: [RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR],
    });
    // Renewals change nothing that the table holds, and there are hundreds of them every second.
    hearing.ignore(RTM_NEWADDR, renewing.port);
    const requester = new NetlinkRequester(asking);
    const watch = new NetworkWatch(hearing, requester, new Set([asking.port, renewing.port]));
    const asked = new AskedRemovals();
    this.#network = new Network(order.part, watch, asked);
    const indexOf = (name: string): number | undefined => this.#network.link(name)?.index;
    const addresses = new KernelAddresses(requester, indexOf, log, asked);
    this.#addresses = addresses;
    const renewals = new KernelAddresses(new NetlinkRequester(renewing), indexOf, log);

    this.#node = new VrrpNode(order.part, { detailed: order.log.detail });
    this.#loop = new Loop({
      deadline: () => this.#deadline(),
      due: (now) => this.#due(now),
      end: (now) => this.#end(now),
      fatal: ports.onFatal,
    });
    this.#sockets = new VrrpSockets(
      this.#loop,
      order.kept,
      log,
      (name, packet, waitedMicros, now) =>
        this.#handle({ kind: "packet", interface: name, ...packet, waitedMicros }, now),
    );
    this.#loop.add(hearing.fd, "kernel", (now) => this.#readNetwork(now));
    this.#performer = new Performer({
      now: boottime,
      record: (instance, record) => this.#record(instance, record),
      sendAdverts: (adverts) => this.#sockets.sendAdverts(adverts),
      setAddresses: (orders, isRenewal) =>
        this.#inParts(orders, (part) => (isRenewal ? renewals : addresses).set(part)),
      heldUp: (instance) => this.#handle({ kind: "heldUp", instance }, boottime()),
      removeAddresses: (removed) => this.#inParts(removed, (part) => addresses.remove(part)),
      sendAnnouncements: (announcements) =>
        this.#sockets.sendAnnouncements(announcements, (name) => this.#network.link(name)),
      runScript: (script, run) => ports.report({ kind: "runScript", script, run }),
      notify: (notifications) => this.#words.push(() => this.#notify(notifications)),
      stopped: () => this.#words.push(ports.onStopped),
      log,
      detail: order.log.detail,
    });
  }

  /** Looks at the network, opens the sockets and begins to contend, or goes on where a killed process was. */
  start(): void {
    const order = this.#order;
    const failure = this.#network.begin();
    if (failure !== undefined) {
      throw new SystemError("read the interfaces", failure.errno, failure.detail);
    }
    this.#sockets.widen(order.part, (name) => this.#network.link(name));
    this.#sockets.closeInherited();
    this.#reportInterfaces(order.part);
    const interfaces = this.#network.interfaceStates();
    this.#assigned.begin(order.part, interfaces);
    this.#handle(
      {
        kind: "start",
        interfaces,
        records: order.resume ? this.#readRecords(order.part) : undefined,
      },
      boottime(),
    );
    if (order.resume) this.#ports.log("info", "Resuming where the last process was killed");
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

  dump(kind: DumpKind): void {
    this.#ports.log("info", dumpLine(kind, process.pid));
    try {
      const path = writeDump(kind, this.#node.snapshot(), this.#config);
      this.#ports.log("info", `Written to ${path}`);
    } catch (error) {
      this.#ports.log("error", `Cannot write the dump: ${(error as Error).message}`);
    }
    if (kind === "statsClear") this.#node.clearCounters();
  }

  #handle(event: NodeEvent, now: Micros): void {
    // What comes of performing is later than the turn that it is part of.
    this.#handledAt = Math.max(this.#handledAt, now);
    appendBatch(this.#batches, this.#node.handle(event, this.#handledAt));
  }

  #deadline(): Micros {
    const beat = this.#beatAt + this.#heartbeatMicros;
    const again = Math.min(this.#readAgainAt ?? beat, this.#openAgainAt ?? beat);
    return Math.min(this.#node.deadline() ?? beat, beat, again);
  }

  #due(now: Micros): void {
    this.#records.beat(now);
    this.#beatAt = now;
    if (this.#readAgainAt !== undefined && this.#readAgainAt <= now) this.#readNetwork(now);
    this.#completeSockets(now);
    const deadline = this.#node.deadline();
    if (deadline !== undefined && deadline <= now) this.#handle({ kind: "deadline" }, now);
  }

  #completeSockets(now: Micros): void {
    if (!this.#sockets.isIncomplete) {
      this.#openAgainAt = undefined;
    } else if (this.#openAgainAt === undefined) {
      this.#openAgainAt = now + OPEN_AGAIN_MICROS;
    } else if (this.#openAgainAt <= now) {
      this.#openAgainAt = now + OPEN_AGAIN_MICROS;
      const isChanged = this.#sockets.complete((name) => this.#network.link(name));
      if (isChanged) this.#reportInterfaces(this.#config);
    }
  }

  #end(now: Micros): void {
    // What was left out the first time is tried once more, from a fresh look at the clock.
    for (let startedAt = now, rounds = 0; rounds < MOST_ROUNDS; rounds++, startedAt = boottime()) {
      const batches = this.#batches;
      if (batches.length === 0) return;
      this.#batches = [];
      this.#ports.together(() => this.#performer.perform(batches, startedAt));
      for (const say of this.#words.splice(0)) say();
      // A long turn is work, not a standstill.
      this.#records.beat(boottime());
    }
  }

  /** The kernel takes its time over thousands of addresses; that is work, not a standstill. */
  #inParts<T>(items: readonly T[], work: (part: readonly T[]) => void): void {
    for (let from = 0; from < items.length; from += PART_ADDRESSES) {
      work(items.slice(from, from + PART_ADDRESSES));
      this.#records.beat(boottime());
    }
  }

  #readNetwork(now: Micros): void {
    const { overruns } = this.#network;
    const failure = this.#network.read(
      (event) => {
        if (event.kind === "interface") {
          this.#assigned.follow(event.name, event.state);
          // Gone and there again in one turn it may have its old index, but no memberships.
          const link = event.state === undefined ? undefined : this.#network.link(event.name);
          const isChanged = this.#sockets.follow(event.name, link);
          const isNew = event.state !== undefined && this.#isNewCarrier(event.name);
          if (isChanged || isNew) this.#reportInterfaces(this.#config);
        }
        this.#handle(event, now);
      },
      (renamed) => {
        const { name, state } = renamed;
        this.#ports.log("info", `Interface name has changed from ${name} to ${state.name}`);
        this.#clear(renamed);
      },
    );
    if (this.#network.overruns > overruns) this.#sockets.rejoin();
    if (failure !== undefined && this.#readAgainAt === undefined) {
      const reason = failure.detail ?? errnoText(failure.errno);
      this.#ports.log("error", `Cannot read the interfaces anew: ${reason}`);
    }
    this.#readAgainAt = failure === undefined ? undefined : now + READ_AGAIN_MICROS;
  }

  /** Takes what is ours off an interface that the configuration knows no more: by its old name nobody would find it. */
  #clear({ name, index, state }: RenamedInterface): void {
    const ours = this.#config.instances.flatMap((instance) => {
      const isActive = this.#lastRecords.get(instance.name)?.active === true;
      return addressesLeftBy(instance, isActive, state, name);
    });
    this.#addresses.remove(ours, index);
  }

  #reload(config: VrrpPart, generation: number, now: Micros): void {
    const link = (name: string): LinkState | undefined => this.#network.link(name);
    // A name that is another virtual router's now has that one's record from its next advert on.
    const matches = matchInstances(this.#config.instances, config.instances);
    const same = config.instances.filter((wanted) => matches.get(wanted)?.name === wanted.name);
    const kept = new Set(same.map(({ name }) => name));
    this.#config = config;
    this.#indexByInstance = indexByInstance(config);
    this.#heartbeatMicros = heartbeatOf(config);
    this.#records.begin(generation);
    for (const [name, record] of this.#lastRecords) {
      if (kept.has(name)) this.#keep(name, record);
      else this.#lastRecords.delete(name);
    }
    this.#network.configure(config);
    // New instances speak at once, and removed ones have last words: the sockets of both are open in between.
    this.#sockets.widen(config, link);
    this.#records.beat(boottime());
    // What is a floating address from now on is no source of adverts any more, and the other way round.
    const interfaces = this.#network.interfaceStates();
    this.#assigned.begin(config, interfaces);
    this.#handle({ kind: "reload", config, interfaces }, now);
    // With very many instances this is long, and it is work, not a standstill.
    this.#records.beat(boottime());
    this.#end(now);
    this.#sockets.narrow(config, link);
    for (const name of this.#lastRecords.keys()) {
      if (!this.#indexByInstance.has(name)) this.#lastRecords.delete(name);
    }
    this.#reportInterfaces(config);
    this.#ports.onReloaded(generation);
  }

  /** Whether an interface that is to carry addresses is another one than the parent was last told of. */
  #isNewCarrier(name: string): boolean {
    const told = this.#carriers.get(name);
    return this.#carriers.has(name) && told !== this.#network.link(name)?.index;
  }

  /** What the parent keeps for this process: handles on its sockets, and settings of interfaces. */
  #reportInterfaces(config: VrrpPart): void {
    this.#ports.keep(this.#sockets.receivers());
    this.#carriers.clear();
    for (const name of new Set(config.instances.flatMap(addressInterfaces))) {
      this.#carriers.set(name, this.#network.link(name)?.index);
      this.#ports.report({ kind: "leasedInterface", interface: name });
    }
  }

  #record(instance: string, record: InstanceRecord): void {
    this.#keep(instance, { ...record, told: this.#lastRecords.get(instance)?.told });
  }

  #keep(instance: string, record: KeptRecord): void {
    const index = this.#indexByInstance.get(instance);
    this.#lastRecords.set(instance, record);
    if (index !== undefined) this.#records.write(index, record);
  }

  /** Has the parent tell people, and notes what they know: a process that goes on here need not tell it again. */
  #notify(notifications: readonly Notification[]): void {
    for (const { instance, event, priority } of notifications) {
      const told = TOLD[event];
      if (told === "nothing new") continue;
      const record = this.#lastRecords.get(instance) ?? {
        active: false,
        lastAdvertAt: this.#handledAt,
        advertisementIntervalMicros: 0,
        effectivePriority: priority,
      };
      this.#keep(instance, { ...record, told });
    }
    this.#ports.report({ kind: "notify", notifications });
  }

  #readRecords(config: VrrpPart): Map<string, KeptRecord> {
    const records = new Map<string, KeptRecord>();
    for (const [index, { name }] of config.instances.entries()) {
      const record = this.#records.read(index);
      if (record === undefined) continue;
      records.set(name, record);
      // A reload carries them over, also those of instances that have had nothing to say since.
      this.#lastRecords.set(name, record);
    }
    return records;
  }
}

function indexByInstance(config: VrrpPart): Map<string, number> {
  return new Map(config.instances.map(({ name }, index) => [name, index]));
}

function addressInterfaces(instance: InstanceConfig): string[] {
  return allAddresses(instance).map((entry) => entry.interface);
}

function heartbeatOf(config: VrrpPart): Micros {
  return heartbeatPeriod(shortestPeersWait(config.instances));
}
