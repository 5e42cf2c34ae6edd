// One host: a kernel, a cable, a clock of its own, and a process that runs the production engine as the daemon does.

import type { VirtualAddress, VrrpPart } from "../../src/config/config.ts";
import { assert, defined, unreachable } from "../../src/lib/assert.ts";
import type { Ip } from "../../src/lib/ip.ts";
import { MILLISECOND, type Micros, SECOND } from "../../src/lib/micros.ts";
import { between, type Prng } from "../../src/lib/prng.ts";
import type { NodeAction } from "../../src/vrrp/action.ts";
import type { InstanceRecord, KeptRecord, NodeEvent } from "../../src/vrrp/event.ts";
import { VrrpNode } from "../../src/vrrp/node.ts";
import { vrrpFromIpv4 } from "../../src/wire/vrrp.ts";
import { actionsOf } from "../support/actions.ts";
import { FakeKernel, keyOf } from "./kernel.ts";
import type { Delivery, Lan, Port } from "./lan.ts";
import { HostLinks, type LinkName, type LinkStatus } from "./links.ts";
import type { Sabotage } from "./sabotage.ts";
import type { World } from "./world.ts";

/** What the checks want to hear of. */
export interface Observer {
  onSent(host: Host, instance: string, priority: number): Delivery;
  onRecord(host: Host, instance: string, record: InstanceRecord): void;
  onSet(host: Host, instance: string): void;
  onArp(host: Host, address: Ip): void;
  onStarted(host: Host): void;
  onFrozen(host: Host): void;
  onThawed(host: Host): void;
  onLinkChanged(host: Host): void;
  afterTurn(host: Host): void;
}

/** Nothing is sent or set when its turn began longer ago than this. */
const HELD_UP: Micros = 5 * MILLISECOND;
/** Packets that a socket holds while its process does not read. */
const SOCKET_PACKETS = 200;
const RESUMES = 2;
const RESUME_WINDOW: Micros = 60 * SECOND;

export class Host implements Port {
  readonly index: number;
  readonly ownAddress: Ip;
  readonly kernel: FakeKernel;
  /** Whether what its script checks is well. */
  isHealthy = true;
  /** Another program removes its addresses again and again. */
  isRobbed = false;
  node: VrrpNode | undefined;
  config: VrrpPart;
  readonly #world: World;
  readonly #lan: Lan;
  readonly #random: Prng;
  readonly #observer: Observer;
  readonly #sabotage: Sabotage;
  /** Microseconds of its clock in a true one. */
  readonly #rate: number;
  readonly #clockOffset: Micros;
  readonly #mailbox: { readonly event: NodeEvent; readonly arrivedAt: Micros }[] = [];
  readonly #records = new Map<string, KeptRecord>();
  readonly #resumedAt: Micros[] = [];
  /** Counts processes, so that timers of a dead one do nothing. */
  #process = 0;
  #isFrozen = false;
  #isSuspended = false;
  readonly #links: HostLinks;
  #isWakePending = false;
  #timerAt: Micros | undefined;
  #freezeAfterActions: number | undefined;
  #unfinished: { readonly actions: readonly NodeAction[]; readonly at: Micros } | undefined;

  constructor(options: {
    readonly index: number;
    readonly address: Ip;
    readonly config: VrrpPart;
    readonly world: World;
    readonly lan: Lan;
    readonly random: Prng;
    readonly observer: Observer;
    readonly sabotage: Sabotage;
    readonly rate: number;
  }) {
    this.index = options.index;
    this.ownAddress = options.address;
    this.config = options.config;
    this.#world = options.world;
    this.#lan = options.lan;
    this.#random = options.random;
    this.#observer = options.observer;
    this.#sabotage = options.sabotage;
    this.#rate = options.rate;
    this.#clockOffset = between(options.random, 1, 1_000_000) * SECOND;
    this.kernel = new FakeKernel(options.world, options.random, options.rate, (address) => {
      const { address: gone, prefixLength, interface: name } = address;
      const cause = "expired";
      this.#post({ kind: "addressRemoved", interface: name, address: gone, prefixLength, cause });
    });
    this.#links = new HostLinks(this.kernel, this.ownAddress, this.index);
    options.lan.attach(this);
  }

  get name(): string {
    return `host${this.index}`;
  }

  /** Its process exists and may run. */
  get isRunning(): boolean {
    return this.node !== undefined && !this.#isFrozen && !this.#isSuspended;
  }

  get isSuspended(): boolean {
    return this.#isSuspended;
  }

  get isReachable(): boolean {
    return this.isUp("eth0") && !this.#isSuspended;
  }

  get address(): Ip | undefined {
    return this.#links.ownAddress;
  }

  isUp(link: string): boolean {
    return this.#links.isUp(link);
  }

  /** Whether nothing is wrong with it that should keep it from holding addresses. */
  get isSound(): boolean {
    const isWhole = this.isUp("eth0") && this.isUp("eth1") && this.address !== undefined;
    return this.isRunning && isWhole && this.isHealthy && !this.isRobbed;
  }

  /** Its clock, which counts suspension. */
  get localNow(): Micros {
    return this.#clockOffset + Math.floor(this.#world.now * this.#rate);
  }

  receive(packet: Uint8Array): void {
    const received = defined(vrrpFromIpv4(packet), "a VRRP packet");
    const destination = this.#sabotage.onlyGroup ?? received.destination;
    if (this.#mailbox.length < SOCKET_PACKETS) {
      this.#post({ kind: "packet", interface: "eth0", ...received, destination, waitedMicros: 0 });
    }
  }

  /** Whether a packet that comes now is read at some time. */
  get listens(): boolean {
    return this.node !== undefined && this.#mailbox.length < SOCKET_PACKETS;
  }

  // What happens to it

  start(records?: ReadonlyMap<string, KeptRecord>): void {
    assert(this.node === undefined, "a host runs one daemon");
    this.#process++;
    this.#mailbox.length = 0;
    this.#isFrozen = false;
    this.#unfinished = undefined;
    this.#freezeAfterActions = undefined;
    // The timer of the process before wakes nobody.
    this.#timerAt = undefined;
    const node = new VrrpNode(this.config, { detailed: false });
    this.node = node;
    const actions = actionsOf(
      node.handle({ kind: "start", interfaces: this.#links.states(), records }, this.localNow),
    );
    this.#observer.onStarted(this);
    this.#perform(actions, this.localNow);
    this.#wake();
  }

  /** kill -9 of all its processes. */
  crash(): void {
    this.node = undefined;
    this.#process++;
    this.#records.clear();
  }

  /** kill -9 of the child alone: the parent starts another with its records, or cleans up behind it. */
  crashChild(restartAfter: Micros): void {
    if (this.node === undefined) return;
    this.node = undefined;
    const process = ++this.#process;
    this.#world.schedule(this.#world.now + restartAfter, () => {
      if (this.#process !== process || this.#isSuspended) return;
      const recent = this.#resumedAt.filter((at) => this.#world.now - at < RESUME_WINDOW);
      const records = new Map(this.#records);
      this.#records.clear();
      if (recent.length < RESUMES) {
        this.#resumedAt.push(this.#world.now);
        for (const [name, record] of records) this.#records.set(name, record);
        this.start(records);
        return;
      }
      this.kernel.clear();
      this.start();
    });
  }

  stop(): void {
    const { node } = this;
    if (node === undefined) return;
    this.#perform(
      actionsOf(node.handle({ kind: "stop", keepAddresses: false }, this.localNow)),
      this.localNow,
    );
    this.node = undefined;
    this.#process++;
    this.#records.clear();
  }

  reload(config: VrrpPart): void {
    this.config = config;
    this.#post({ kind: "reload", config });
  }

  /** SIGSTOP, at once or in the middle of the actions of its next turn. */
  freeze(afterActions?: number): void {
    if (afterActions !== undefined) this.#freezeAfterActions = afterActions;
    else {
      this.#isFrozen = true;
      this.#observer.onFrozen(this);
    }
  }

  thaw(): void {
    this.#freezeAfterActions = undefined;
    if (!this.#isFrozen) return;
    this.#isFrozen = false;
    this.#observer.onThawed(this);
    const unfinished = this.#unfinished;
    this.#unfinished = undefined;
    if (unfinished !== undefined) this.#perform(unfinished.actions, unfinished.at);
    this.#wake();
  }

  /** The whole machine stands still, its kernel's timers too, but not its clock. */
  suspend(): void {
    this.#isSuspended = true;
    this.kernel.suspend();
    this.#observer.onFrozen(this);
  }

  resumeMachine(): void {
    this.#isSuspended = false;
    this.#observer.onThawed(this);
    this.kernel.wake();
    this.#wake();
  }

  setLink(link: LinkName, status: LinkStatus): void {
    this.#links.set(link, status);
    this.#observer.onLinkChanged(this);
    this.#postInterface(link);
  }

  setOwnAddress(isThere: boolean): void {
    this.#links.setOwnAddress(isThere);
    this.#observer.onLinkChanged(this);
    this.#postInterface("eth0");
  }

  /** Another program removes one of its addresses. */
  deleteAddress({ address, prefixLength, interface: name }: VirtualAddress): void {
    if (!this.kernel.remove(keyOf({ address, prefixLength }))) return;
    const cause = "deleted";
    this.#post({ kind: "addressRemoved", interface: name, address, prefixLength, cause });
  }

  // How it runs

  #post(event: NodeEvent): void {
    if (this.node === undefined) return;
    this.#mailbox.push({ event, arrivedAt: this.localNow });
    this.#wake();
  }

  #wake(): void {
    if (this.#isWakePending) return;
    this.#isWakePending = true;
    // Now and then something else has the processor.
    const latency =
      this.#random() < 0.01 ? between(this.#random, 300, 5_000) : between(this.#random, 20, 300);
    this.#world.schedule(this.#world.now + latency, () => {
      this.#isWakePending = false;
      this.#run();
    });
  }

  /** One turn of the loop: all that waits in the sockets, then what is due. */
  #run(): void {
    const { node } = this;
    if (node === undefined || !this.isRunning) return;
    for (let next = this.#mailbox.shift(); next !== undefined; next = this.#mailbox.shift()) {
      const waitedMicros = this.localNow - next.arrivedAt;
      const event = next.event.kind === "packet" ? { ...next.event, waitedMicros } : next.event;
      this.#perform(actionsOf(node.handle(event, this.localNow)), this.localNow);
      if (!this.isRunning) return;
    }
    for (let rounds = 0; ; rounds++) {
      const deadline = node.deadline();
      if (deadline === undefined || deadline > this.localNow) break;
      assert(rounds < 100, "what is due gets done");
      this.#perform(actionsOf(node.handle({ kind: "deadline" }, this.localNow)), this.localNow);
      if (!this.isRunning) return;
    }
    this.#observer.afterTurn(this);
    this.#arm(node.deadline());
  }

  #arm(deadline: Micros | undefined): void {
    if (deadline === undefined || deadline === this.#timerAt) return;
    if (this.#sabotage.losesTimers === true) return;
    this.#timerAt = deadline;
    const process = this.#process;
    const at = Math.ceil((deadline - this.#clockOffset) / this.#rate);
    this.#world.schedule(at, () => {
      if (this.#timerAt === deadline) this.#timerAt = undefined;
      if (this.#process === process) this.#wake();
    });
  }

  #perform(actions: readonly NodeAction[], at: Micros): void {
    for (const [index, action] of actions.entries()) {
      if (this.#freezeAfterActions !== undefined && this.#freezeAfterActions-- <= 0) {
        this.#freezeAfterActions = undefined;
        this.#unfinished = { actions: actions.slice(index), at };
        this.freeze();
        return;
      }
      this.#performOne(action, at);
    }
  }

  #performOne(action: NodeAction, at: Micros): void {
    if (this.#isTooLate(action, at)) {
      if ("instance" in action) this.#post({ kind: "heldUp", instance: action.instance });
      return;
    }
    switch (action.kind) {
      case "record":
        this.#records.set(action.instance, {
          ...action.record,
          told: this.#records.get(action.instance)?.told,
        });
        this.#observer.onRecord(this, action.instance, action.record);
        return;
      case "sendAdvert": {
        const { instance, source, destinations, ttl, bytes } = action;
        const priority = defined(bytes[2], "priority");
        const onOutcome = this.#observer.onSent(this, instance, priority);
        for (const destination of destinations) {
          this.#lan.send(this, { source, destination, ttl }, bytes, onOutcome);
        }
        return;
      }
      case "setAddresses":
        this.#observer.onSet(this, action.instance);
        for (const address of action.addresses) this.kernel.set(address, action.leaseSeconds);
        return;
      case "keepAddresses":
        for (const address of action.addresses) this.kernel.set(address, undefined);
        return;
      case "removeAddresses":
        for (const address of action.addresses) this.kernel.remove(keyOf(address));
        return;
      case "arp":
        this.#observer.onArp(this, action.address);
        return;
      case "runScript": {
        const process = this.#process;
        const takes = between(this.#random, 2, 50) * MILLISECOND;
        const { script, run } = action;
        const status = this.isHealthy ? 0 : 1;
        this.#world.schedule(this.#world.now + takes, () => {
          if (this.#process !== process) return;
          this.#post({ kind: "scriptEnded", script, run, outcome: { kind: "exited", status } });
        });
        return;
      }
      case "notify":
      case "log":
      case "stopped":
        return;
      default:
        unreachable(action);
    }
  }

  /** What is only right at the instant of its turn, and comes later. */
  #isTooLate(action: NodeAction, at: Micros): boolean {
    if (this.#sabotage.actsLate === true || this.localNow - at <= HELD_UP) return false;
    switch (action.kind) {
      case "sendAdvert":
      case "arp":
        return true;
      case "setAddresses":
        return true;
      default:
        return false;
    }
  }

  #postInterface(link: LinkName): void {
    if (this.#sabotage.missesInterfaces === true) return;
    this.#post({ kind: "interface", name: link, state: this.#links.state(link) });
  }
}
