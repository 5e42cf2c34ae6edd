// The vrrp process of one host: the production engine, performer and records on the ports of a simulated host, in a
// loop with the same turns as the daemon's.

import type { VrrpPart } from "../../src/config/config.ts";
import { shortestPeersWait } from "../../src/config/vrrp/lease.ts";
import type { VirtualAddress } from "../../src/config/vrrp/types.ts";
import { assert } from "../../src/lib/assert.ts";
import { MILLISECOND, type Micros } from "../../src/lib/micros.ts";
import { between, type Prng } from "../../src/lib/prng.ts";
import type { Child, ChildEnd } from "../../src/parent/ports.ts";
import { Heartbeat } from "../../src/process/heartbeat.ts";
import type { Order, Report, StartOrder } from "../../src/process/messages.ts";
import type { RecordFile } from "../../src/process/record.ts";
import { heartbeatPeriod } from "../../src/process/watchdog.ts";
import type { AddressOrder } from "../../src/processes/vrrp/kernel-addresses.ts";
import type { VrrpOrder, VrrpReport } from "../../src/processes/vrrp/messages.ts";
import { Performer } from "../../src/processes/vrrp/perform.ts";
import { InstanceRecords } from "../../src/processes/vrrp/records.ts";
import type { Announcement, SendAdvert } from "../../src/vrrp/action.ts";
import type { InstanceRecord, InterfaceState, NodeEvent } from "../../src/vrrp/event.ts";
import { VrrpNode } from "../../src/vrrp/node.ts";
import type { HostClock } from "./clock.ts";
import { Execution } from "./execution.ts";
import { ReceiveSocket } from "./receive-socket.ts";
import type { Sabotage } from "./sabotage.ts";
import type { World } from "./world.ts";

/** The kernel and the network, as seen by the process. */
export interface Machine {
  readonly isSuspended: boolean;
  interfaces(): readonly InterfaceState[];
  removeAddresses(addresses: readonly VirtualAddress[]): void;
  setAddresses(orders: readonly AddressOrder[]): void;
  sendAdverts(adverts: readonly SendAdvert[]): ReadonlyMap<string, string>;
  sendAnnouncements(announcements: readonly Announcement[]): void;
  receivers: Set<ReceiveSocket>;
}

/** The events of the process that the checks need. */
export interface ChildObserver {
  onStarted(child: SimulatedChild, isResumed: boolean): void;
  onRecord(instance: string, record: InstanceRecord): void;
  onResumed(): void;
  afterTurn(): void;
}

export interface ChildOptions {
  readonly pid: number;
  readonly world: World;
  readonly clock: HostClock;
  readonly random: Prng;
  readonly machine: Machine;
  readonly records: RecordFile;
  /** The previous process's socket, kept by the parent. */
  readonly socket: ReceiveSocket | undefined;
  readonly observer: ChildObserver;
  readonly sabotage: Sabotage;
  readonly onReport: (report: Report<VrrpReport>) => void;
  readonly onEnd: (end: ChildEnd) => void;
}

/** The descriptor of its socket. */
export const SOCKET_FD = 7;

export class SimulatedChild implements Child<VrrpPart, VrrpOrder> {
  readonly pid: number;
  readonly startedAt: Micros;
  readonly execution: Execution;
  readonly socket: ReceiveSocket;
  /** Its configuration, while it runs. */
  part: VrrpPart | undefined;
  node: VrrpNode | undefined;
  /** It hangs without having been stopped by a signal. */
  isHung = false;
  /** The time that its death takes, because it is blocked in the kernel. */
  dyingMicros: Micros | undefined;
  readonly #options: ChildOptions;
  readonly #performer: Performer;
  #records: InstanceRecords | undefined;
  #start: StartOrder<VrrpPart> | undefined;
  readonly #orders: Order<VrrpPart, VrrpOrder>[] = [];
  readonly #events: NodeEvent[] = [];
  #handledAt: Micros = 0;
  readonly #heartbeat: Heartbeat;
  #isWakePending = false;
  #timerAt: Micros | undefined;
  #hasEnded = false;

  constructor(options: ChildOptions) {
    const { world, random, clock, machine, socket } = options;
    this.#options = options;
    this.pid = options.pid;
    this.startedAt = clock.now();
    this.execution = new Execution(world, () => {
      options.observer.onResumed();
      this.wake();
    });
    this.socket = socket ?? new ReceiveSocket();
    if (socket !== undefined) socket.share();
    machine.receivers.add(this.socket);
    const { records } = options;
    this.#heartbeat = new Heartbeat(
      (now) => records.beat(now),
      () => clock.now(),
      heartbeatPeriod(shortestPeersWait([])),
    );
    this.#performer = this.#newPerformer();
    // The machine is sometimes busy.
    const takes =
      random() < 0.1
        ? between(random, 200, 3_000) * MILLISECOND
        : between(random, 30, 150) * MILLISECOND;
    world.schedule(world.now + takes, () => this.#whenRunning(() => this.#begin()));
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** It works: an advert that arrives now is read soon. */
  get isWorking(): boolean {
    return this.node !== undefined && this.execution.isRunning && !this.#hasEnded;
  }

  send(order: Order<VrrpPart, VrrpOrder>): void {
    if (order.kind === "start") this.#start = order;
    else this.#orders.push(order);
    this.wake();
  }

  kill(signal: NodeJS.Signals): void {
    const { world, random } = this.#options;
    if (signal === "SIGTERM") {
      this.#events.push({ kind: "stop", keepAddresses: false });
      this.wake();
      return;
    }
    this.execution.kill();
    const takes = this.dyingMicros ?? between(random, 200, 2_000);
    world.schedule(world.now + takes, () => this.#end(null, "SIGKILL"));
  }

  /** Queues a report of the kernel. */
  post(event: NodeEvent): void {
    if (this.node === undefined) return;
    this.#events.push(event);
    this.wake();
  }

  wake(): void {
    if (this.#isWakePending || this.#hasEnded) return;
    this.#isWakePending = true;
    const { world, random } = this.#options;
    // Sometimes another process has the processor.
    const latency = random() < 0.01 ? between(random, 300, 5_000) : between(random, 20, 300);
    world.schedule(world.now + latency, () => {
      this.#isWakePending = false;
      this.#turn();
    });
  }

  #end(status: number | null, signal: NodeJS.Signals | null): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.execution.kill();
    this.socket.close();
    this.#options.onEnd({ status, signal });
  }

  /** Runs `act` now, or once the process and the machine run again. */
  #whenRunning(act: () => void): void {
    const { world, machine } = this.#options;
    if (this.#hasEnded || this.execution.isKilled) return;
    if (this.execution.isRunning && !machine.isSuspended) act();
    else world.schedule(world.now + 20 * MILLISECOND, () => this.#whenRunning(act));
  }

  #begin(): void {
    const { machine, records, clock, observer, onReport } = this.#options;
    const order = this.#start;
    assert(order !== undefined, "the start order comes first");
    const { part, resume, generation } = order;
    this.#take(part);
    this.#records = new InstanceRecords(records, part.instances);
    const kept = resume ? this.#records.resume() : undefined;
    this.node = new VrrpNode(part, { detailed: false });
    const isBegun = this.execution.turn(() => {
      const now = clock.now();
      this.#handle({ kind: "start", interfaces: machine.interfaces(), records: kept }, now);
      observer.onStarted(this, resume);
      this.#performer.performTurn(now);
      onReport({ kind: "ready", generation });
      onReport({ kind: "keep", descriptors: [{ label: "eth0", fd: SOCKET_FD }] });
    });
    assert(isBegun, "nothing runs before the start");
    this.wake();
  }

  /** One turn of the loop: packets, kernel reports, orders, due deadlines; then the actions. */
  #turn(): void {
    const { machine, observer, clock, sabotage } = this.#options;
    const { node } = this;
    if (node === undefined || machine.isSuspended) return;
    this.execution.turn(() => {
      const now = clock.now();
      this.#readPackets(now);
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        this.#handle(next, now);
      }
      for (let next = this.#orders.shift(); next !== undefined; next = this.#orders.shift()) {
        this.#obey(next, now);
      }
      this.#heartbeat.beat(now);
      const deadline = node.deadline();
      const isDue = deadline !== undefined && deadline <= now;
      if (isDue && sabotage.losesTimers !== true) this.#handle({ kind: "deadline" }, now);
      this.#performer.performTurn(now);
      if (this.#hasEnded) return;
      // Anything that arrived while the turn was stopped is read in the next one.
      if (this.#events.length === 0) observer.afterTurn();
      this.#arm();
    });
  }

  #readPackets(now: Micros): void {
    const { onlyGroup } = this.#options.sabotage;
    for (let next = this.socket.read(); next !== undefined; next = this.socket.read()) {
      const { packet, arrivedAt } = next;
      this.#handle(
        {
          kind: "packet",
          interface: "eth0",
          ...packet,
          destination: onlyGroup ?? packet.destination,
          waitedMicros: now - arrivedAt,
        },
        now,
      );
    }
  }

  #obey(order: Order<VrrpPart, VrrpOrder>, now: Micros): void {
    const { machine, onReport } = this.#options;
    switch (order.kind) {
      case "reload": {
        const { part, generation } = order;
        this.#records?.reload(this.part?.instances ?? [], part.instances, generation);
        this.#take(part);
        this.#handle({ kind: "reload", config: part, interfaces: machine.interfaces() }, now);
        this.#performer.performTurn(now);
        onReport({ kind: "reloaded", generation });
        break;
      }
      case "own":
        this.#handle(order.order, now);
        break;
      default:
        throw new Error(`a running process gets no order ${order.kind}`);
    }
  }

  #handle(event: NodeEvent, now: Micros): void {
    const { node } = this;
    if (node === undefined) return;
    // Events raised by performing are later than their turn.
    this.#handledAt = Math.max(this.#handledAt, now);
    this.#performer.add(node.handle(event, this.#handledAt));
  }

  #take(part: VrrpPart): void {
    this.part = part;
    this.#heartbeat.setPeriod(heartbeatPeriod(shortestPeersWait(part.instances)));
  }

  #arm(): void {
    const { clock } = this.#options;
    const beat = this.#heartbeat.deadline();
    const deadline = Math.min(beat, this.#performer.deadline(), this.node?.deadline() ?? beat);
    if (deadline === this.#timerAt) return;
    this.#timerAt = deadline;
    clock.at(deadline, () => {
      if (this.#timerAt === deadline) this.#timerAt = undefined;
      this.wake();
    });
  }

  #newPerformer(): Performer {
    const { clock, machine, observer, onReport, sabotage } = this.#options;
    // Between reading the clock and the next system call, a stop cannot be noticed: nothing happens in between.
    const stoppable = <Words extends readonly unknown[], Result>(
      work: (...words: Words) => Result,
    ): ((...words: Words) => Result) => {
      return (...words) => {
        this.execution.beforeCall();
        return work(...words);
      };
    };
    return new Performer({
      now: stoppable(() => (sabotage.actsLate === true ? 0 : clock.now())),
      record: stoppable((instance, record) => {
        this.#records?.write(instance, record);
        observer.onRecord(instance, record);
      }),
      removeAddresses: stoppable((addresses) => machine.removeAddresses(addresses)),
      sendAdverts: (adverts) => machine.sendAdverts(adverts),
      addAddresses: (orders) => machine.setAddresses(orders),
      renewAddresses: (orders) => machine.setAddresses(orders),
      sendAnnouncements: (announcements) => machine.sendAnnouncements(announcements),
      unclaimed: (instance) => this.#handle({ kind: "unclaimed", instance }, clock.now()),
      unannounced: (announcements) =>
        this.#handle({ kind: "unannounced", announcements }, clock.now()),
      runScript: stoppable((script, run) => {
        onReport({ kind: "own", report: { kind: "runScript", script, run } });
      }),
      notify: stoppable((notifications) => {
        this.#records?.noteNotified(notifications, this.#handledAt);
        onReport({ kind: "own", report: { kind: "notify", notifications } });
      }),
      stopped: stoppable(() => {
        onReport({ kind: "stopped" });
        this.#end(0, null);
      }),
      round: (act) => {
        act();
        this.#heartbeat.beat();
      },
      log: () => undefined,
      detail: false,
    });
  }
}
