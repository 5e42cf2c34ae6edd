// One host: a kernel, a cable, its own clock, and a daemon of production code.

import type { VrrpPart } from "../../src/config/config.ts";
import type { VirtualAddress } from "../../src/config/vrrp/types.ts";
import { defined } from "../../src/lib/assert.ts";
import type { Ip } from "../../src/lib/ip.ts";
import { type Micros, SECOND } from "../../src/lib/micros.ts";
import { between, type Prng } from "../../src/lib/prng.ts";
import { type CleanUpPorts, cleanUpAfter } from "../../src/processes/vrrp/clean-up.ts";
import type { AddressOrder } from "../../src/processes/vrrp/kernel-addresses.ts";
import { vrrpRoleWith } from "../../src/processes/vrrp/role.ts";
import type { Announcement, SendAdvert } from "../../src/vrrp/action.ts";
import type { InstanceRecord, InterfaceState, NodeEvent } from "../../src/vrrp/event.ts";
import type { VrrpNode } from "../../src/vrrp/node.ts";
import { vrrpFromIpv4 } from "../../src/wire/vrrp.ts";
import type { ChildObserver, Machine } from "./child.ts";
import { HostClock } from "./clock.ts";
import { Daemon } from "./daemon.ts";
import { FakeKernel, keyOf } from "./kernel.ts";
import type { Delivery, Lan, Port } from "./lan.ts";
import { HostLinks, type LinkName, type LinkStatus } from "./links.ts";
import type { ReceiveSocket } from "./receive-socket.ts";
import type { Sabotage } from "./sabotage.ts";
import type { World } from "./world.ts";

/** The events that the checks need. */
export interface Observer {
  onSent(host: Host, instance: string, priority: number): Delivery;
  onRecord(host: Host, instance: string, record: InstanceRecord): void;
  onSet(host: Host, instance: string): void;
  onArp(host: Host, address: Ip): void;
  /** Its vrrp process runs. */
  onStarted(host: Host, isResumed: boolean): void;
  /** A new daemon with a new parent has started. */
  onBegun(host: Host): void;
  onFrozen(host: Host): void;
  onThawed(host: Host): void;
  onLinkChanged(host: Host): void;
  afterTurn(host: Host): void;
}

export interface HostOptions {
  readonly index: number;
  readonly address: Ip;
  readonly config: VrrpPart;
  readonly world: World;
  readonly lan: Lan;
  readonly random: Prng;
  readonly observer: Observer;
  readonly sabotage: Sabotage;
  /** Microseconds of its clock per true microsecond. */
  readonly rate: number;
}

export class Host implements Port, Machine {
  readonly index: number;
  readonly ownAddress: Ip;
  readonly kernel: FakeKernel;
  readonly receivers: Set<ReceiveSocket> = new Set();
  /** The result of its tracked script. */
  isHealthy = true;
  /** Another program repeatedly removes its addresses. */
  isRobbed = false;
  readonly #options: HostOptions;
  readonly #links: HostLinks;
  readonly #clock: HostClock;
  #config: VrrpPart;
  #daemon: Daemon | undefined;
  #isSuspended = false;
  #startsWhenStopped = false;

  constructor(options: HostOptions) {
    const { world, random, rate, lan } = options;
    this.#options = options;
    this.index = options.index;
    this.ownAddress = options.address;
    this.#config = options.config;
    this.#clock = new HostClock(world, rate, between(random, 1, 1_000_000) * SECOND);
    this.kernel = new FakeKernel(world, random, rate, (address) => {
      this.#post({ ...removalOf(address), cause: "expired" });
    });
    this.#links = new HostLinks(this.kernel, this.ownAddress, this.index);
    lan.attach(this);
  }

  get name(): string {
    return `host${this.index}`;
  }

  /** The configuration of its process, or of the next one. */
  get config(): VrrpPart {
    return this.#daemon?.child?.part ?? this.#config;
  }

  get node(): VrrpNode | undefined {
    const child = this.#daemon?.child;
    return child?.hasEnded === false ? child.node : undefined;
  }

  /** Its vrrp process works. */
  get isRunning(): boolean {
    return this.#daemon?.child?.isWorking === true && !this.#isSuspended;
  }

  /** It has a daemon. */
  get isStarted(): boolean {
    return this.#daemon !== undefined;
  }

  /** Its daemon should have a working process and has none. */
  get isRestarting(): boolean {
    return this.#daemon !== undefined && !this.isRunning;
  }

  get isStopping(): boolean {
    return this.#daemon?.isStopping === true;
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

  /** True if nothing should keep it from holding addresses. */
  get isSound(): boolean {
    const isWhole = this.isUp("eth0") && this.isUp("eth1") && this.address !== undefined;
    return this.isRunning && isWhole && this.isHealthy && !this.isRobbed;
  }

  /** True time since which its parent has run; undefined if it does not. */
  get parentAwakeSince(): Micros | undefined {
    return this.#daemon?.isAwake === true ? this.#daemon.awakeSince : undefined;
  }

  /** True if a packet that arrives now will be read, if its process continues or is resumed. */
  get listens(): boolean {
    return [...this.receivers].some((socket) => socket.isOpen && !socket.isFull);
  }

  receive(packet: Uint8Array): void {
    const received = defined(vrrpFromIpv4(packet), "a VRRP packet");
    for (const socket of this.receivers) {
      if (!socket.isOpen) this.receivers.delete(socket);
      else socket.receive({ packet: received, arrivedAt: this.#clock.now() });
    }
    this.#daemon?.child?.wake();
  }

  // Faults

  start(): void {
    if (this.#daemon !== undefined) {
      this.#startsWhenStopped = true;
      return;
    }
    const { observer } = this.#options;
    observer.onBegun(this);
    this.#daemon = new Daemon(this.#config, {
      ...this.#options,
      clock: this.#clock,
      machine: this,
      role: vrrpRoleWith((_part, lost, log) => cleanUpAfter(lost, this.#cleanUpPorts, log)),
      observer: this.#childObserver,
      isHealthy: () => this.isHealthy,
      onStopped: () => {
        this.#daemon = undefined;
        if (!this.#startsWhenStopped) return;
        this.#startsWhenStopped = false;
        this.start();
      },
    });
  }

  /** Kills all its processes with SIGKILL. */
  crash(): void {
    this.#daemon?.crash();
    this.#daemon = undefined;
  }

  /** Kills only the vrrp process with SIGKILL. */
  killChild(): void {
    this.#daemon?.child?.kill("SIGKILL");
  }

  stop(): void {
    this.#daemon?.stop();
  }

  reload(config: VrrpPart): void {
    this.#config = config;
    this.#daemon?.reload(config);
  }

  /** Stops all its processes. */
  freeze(): void {
    this.#daemon?.freeze();
    this.#options.observer.onFrozen(this);
  }

  thaw(): void {
    this.#daemon?.thaw();
  }

  /** Stops the vrrp process by a signal, or with `isHung` by a call that does not return. */
  stopChild(isHung: boolean): void {
    this.#daemon?.stopChild(isHung);
    this.#options.observer.onFrozen(this);
  }

  continueChild(): void {
    this.#daemon?.child?.execution.continue();
  }

  /** Calls `act` before the vrrp process calls a port after `calls` further calls. */
  beforeCall(calls: number, act: () => void): void {
    this.#daemon?.child?.execution.beforeCallAfter(calls, act);
  }

  /** Sets the time that its vrrp process takes to die. */
  setDying(micros: Micros): void {
    const child = this.#daemon?.child;
    if (child !== undefined) child.dyingMicros = micros;
  }

  /** Suspends the machine, with its kernel's timers but not its clock. */
  suspend(): void {
    this.#isSuspended = true;
    this.kernel.suspend();
    this.#options.observer.onFrozen(this);
  }

  resumeMachine(): void {
    this.#isSuspended = false;
    this.#options.observer.onThawed(this);
    this.kernel.wake();
    this.#daemon?.wake();
  }

  setLink(link: LinkName, status: LinkStatus): void {
    this.#links.set(link, status);
    this.#options.observer.onLinkChanged(this);
    this.#postInterface(link);
  }

  setOwnAddress(isThere: boolean): void {
    this.#links.setOwnAddress(isThere);
    this.#options.observer.onLinkChanged(this);
    this.#postInterface("eth0");
  }

  /** Another program removes one of its addresses. */
  deleteAddress(address: VirtualAddress): void {
    if (!this.kernel.remove(keyOf(address))) return;
    this.#post({ ...removalOf(address), cause: "deleted" });
  }

  // Actions of its processes

  interfaces(): readonly InterfaceState[] {
    return this.#links.states();
  }

  removeAddresses(addresses: readonly VirtualAddress[]): void {
    for (const address of addresses) this.kernel.remove(keyOf(address));
  }

  setAddresses(orders: readonly AddressOrder[]): void {
    const { observer } = this.#options;
    const instances = new Set<string>();
    for (const { address } of orders) {
      const name = this.#ownerOf(address.address);
      if (name !== undefined) instances.add(name);
    }
    for (const name of instances) observer.onSet(this, name);
    for (const { address, leaseSeconds } of orders) {
      if (this.#links.state(address.interface as LinkName) === undefined) continue;
      this.kernel.set(address, leaseSeconds);
    }
  }

  sendAdverts(adverts: readonly SendAdvert[]): ReadonlyMap<string, string> {
    const { lan, observer } = this.#options;
    const unsent = new Map<string, string>();
    for (const { instance, source, destinations, ttl, bytes } of adverts) {
      if (!this.isUp("eth0")) {
        unsent.set(instance, "Network is down");
        continue;
      }
      const onOutcome = observer.onSent(this, instance, defined(bytes[2], "priority"));
      for (const destination of destinations) {
        lan.send(this, { source, destination, ttl }, bytes, onOutcome);
      }
    }
    return unsent;
  }

  sendAnnouncements(announcements: readonly Announcement[]): void {
    for (const { address } of announcements) this.#options.observer.onArp(this, address);
  }

  get #cleanUpPorts(): CleanUpPorts {
    return {
      interfaces: () => this.#links.states(),
      remove: (addresses) => this.removeAddresses(addresses),
      resign: (adverts) => {
        this.sendAdverts(adverts);
        return true;
      },
    };
  }

  get #childObserver(): ChildObserver {
    const { observer } = this.#options;
    return {
      onStarted: (_child, isResumed) => observer.onStarted(this, isResumed),
      onRecord: (instance, record) => observer.onRecord(this, instance, record),
      onResumed: () => observer.onThawed(this),
      afterTurn: () => observer.afterTurn(this),
    };
  }

  #ownerOf(address: Ip): string | undefined {
    return this.config.instances.find(({ addresses }) =>
      addresses.some((entry) => entry.address === address),
    )?.name;
  }

  #post(event: NodeEvent): void {
    this.#daemon?.child?.post(event);
  }

  #postInterface(link: LinkName): void {
    if (this.#options.sabotage.missesInterfaces === true) return;
    this.#post({ kind: "interface", name: link, state: this.#links.state(link) });
  }
}

function removalOf({ address, prefixLength, interface: name }: VirtualAddress): {
  readonly kind: "addressRemoved";
  readonly interface: string;
  readonly address: Ip;
  readonly prefixLength: number;
} {
  return { kind: "addressRemoved", interface: name, address, prefixLength };
}
