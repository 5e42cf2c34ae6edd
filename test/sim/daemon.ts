// The daemon of one host: the production supervisor on virtual time, plain memory as the record file, and its vrrp
// processes.

import { defaults, freeze } from "../../src/cli/option-effects.ts";
import type { VrrpPart } from "../../src/config/config.ts";
import { MILLISECOND, type Micros, SECOND } from "../../src/lib/micros.ts";
import { between, type Prng } from "../../src/lib/prng.ts";
import type { Cancel, SupervisorPorts } from "../../src/parent/ports.ts";
import { Supervisor } from "../../src/parent/supervisor.ts";
import { RecordFile, recordFileOctets } from "../../src/process/record.ts";
import type { ParentServices } from "../../src/process/role.ts";
import type { VrrpOrder, VrrpReport } from "../../src/processes/vrrp/messages.ts";
import type { RecordedInstance, VrrpRole } from "../../src/processes/vrrp/role.ts";
import { type ChildObserver, type Machine, SimulatedChild } from "./child.ts";
import type { HostClock } from "./clock.ts";
import type { ReceiveSocket } from "./receive-socket.ts";
import type { Sabotage } from "./sabotage.ts";
import type { World } from "./world.ts";

export interface DaemonOptions {
  readonly world: World;
  readonly clock: HostClock;
  readonly random: Prng;
  readonly machine: Machine;
  readonly role: VrrpRole;
  readonly observer: ChildObserver;
  readonly sabotage: Sabotage;
  /** The result of the tracked script. */
  readonly isHealthy: () => boolean;
  readonly onStopped: () => void;
}

type Ports = SupervisorPorts<VrrpPart, VrrpReport, VrrpOrder>;

const MEMORY_FD = 3;
const FIRST_PID = 100;
/** The time that the parent gives a child to stop. */
const STOP_MICROS: Micros = 5 * SECOND;

export class Daemon {
  child: SimulatedChild | undefined;
  readonly #options: DaemonOptions;
  readonly #supervisor: Supervisor<VrrpPart, RecordedInstance, VrrpReport, VrrpOrder>;
  readonly #records: RecordFile;
  #isFrozen = false;
  #isDead = false;
  isStopping = false;
  #nextPid = FIRST_PID;
  /** The parent's pending work while it is stopped. */
  readonly #late: (() => void)[] = [];
  #deliveredAt: Micros = 0;
  /** The parent's duplicates of its children's sockets. */
  readonly #descriptors = new Map<number, ReceiveSocket>();
  #nextFd = 20;
  #isReloading = false;
  #nextPart: VrrpPart | undefined;
  #onChildChanged: () => void = () => undefined;
  /** True time since which the parent has run without a break. */
  awakeSince: Micros;

  constructor(part: VrrpPart, options: DaemonOptions) {
    const { role, world } = options;
    this.#options = options;
    this.awakeSince = world.now;
    const memory = new Uint8Array(recordFileOctets(role.records));
    this.#records = new RecordFile(memory, role.records);
    this.#supervisor = new Supervisor(part, {
      role,
      ports: this.#ports(),
      options: freeze(defaults([], [])),
      logSettings: { console: false, syslog: false, facility: 3, detail: false, suffix: "" },
      log: () => undefined,
      umask: 0o177,
      memoryFd: MEMORY_FD,
      records: this.#records,
      links: [],
      onReport: (report) => role.handle(report, this.#supervisor.part, this.#services),
      onSnapshot: () => undefined,
      onStarted: () => undefined,
      onReady: () => undefined,
      onGivenUp: () => {
        throw new Error("the parent gave up");
      },
    });
    this.#supervisor.start();
  }

  /** True if the parent and its machine run. */
  get isAwake(): boolean {
    return !this.#isFrozen && !this.#isDead && !this.#options.machine.isSuspended;
  }

  reload(part: VrrpPart): void {
    this.#later(0, () => {
      if (this.isStopping) return;
      if (this.#isReloading) {
        this.#nextPart = part;
        return;
      }
      this.#isReloading = true;
      this.#supervisor.reload(part, () => {
        this.#isReloading = false;
        const next = this.#nextPart;
        this.#nextPart = undefined;
        if (next !== undefined) this.reload(next);
      });
    });
  }

  stop(): void {
    this.#later(0, () => {
      this.isStopping = true;
      this.#supervisor.stop(STOP_MICROS, () => {
        this.#isDead = true;
        this.#options.onStopped();
      });
    });
  }

  /** Kills all its processes with SIGKILL. */
  crash(): void {
    this.#isDead = true;
    this.child?.execution.kill();
    this.child?.kill("SIGKILL");
    for (const socket of this.#descriptors.values()) socket.close();
    this.#descriptors.clear();
  }

  /** Stops all its processes. */
  freeze(): void {
    this.#isFrozen = true;
    this.child?.execution.stop();
  }

  thaw(): void {
    this.#isFrozen = false;
    this.child?.execution.continue();
    this.wake();
  }

  /** The machine runs again. */
  wake(): void {
    this.awakeSince = this.#options.world.now;
    for (const act of this.#late.splice(0)) this.#later(0, act);
    this.child?.wake();
  }

  /** Stops the child: by a signal, which the kernel reports, or with `isHung` by a blocked loop, which it does not. */
  stopChild(isHung: boolean): void {
    if (this.child === undefined) return;
    this.child.isHung = isHung;
    this.child.execution.stop();
    if (!isHung) this.#later(0, () => this.#onChildChanged());
  }

  get #services(): ParentServices<VrrpOrder> {
    const { random, isHealthy } = this.#options;
    return {
      log: () => undefined,
      send: (order) => this.#supervisor.send(order),
      runScript: (_name, onEnd) => {
        const status = isHealthy() ? 0 : 1;
        const takes = between(random, 2, 50) * MILLISECOND;
        this.#later(takes, () => onEnd({ kind: "exited", status }));
      },
      notify: () => undefined,
      requirePromoteSecondaries: () => undefined,
    };
  }

  #ports(): Ports {
    const { clock } = this.#options;
    return {
      now: () => clock.now(),
      after: (micros, act) => this.#after(micros, act),
      spawn: (request) => {
        const kept = request.descriptors.flatMap((fd) => this.#descriptors.get(fd) ?? []);
        const child = new SimulatedChild({
          ...this.#options,
          pid: this.#nextPid++,
          records: this.#records,
          socket: kept[0],
          onReport: (report) => this.#deliver(() => request.onReport(report)),
          onEnd: (end) => this.#deliver(() => request.onEnd(end)),
        });
        this.child = child;
        return child;
      },
      boostPriority: () => undefined,
      isStopped: (pid) => {
        const { child } = this;
        return child?.pid === pid && child.execution.isStopped && !child.isHung;
      },
      onChildChanged: (look) => {
        this.#onChildChanged = look;
      },
      duplicateFrom: (pid) => {
        if (this.child?.pid !== pid || this.child.hasEnded) throw new Error("no such process");
        const fd = this.#nextFd++;
        this.child.socket.share();
        this.#descriptors.set(fd, this.child.socket);
        return fd;
      },
      closeDescriptor: (fd) => {
        this.#descriptors.get(fd)?.close();
        this.#descriptors.delete(fd);
      },
    };
  }

  #after(micros: Micros, act: () => void): Cancel {
    let isCancelled = false;
    this.#options.clock.after(micros, () => {
      this.#whenAwake(() => {
        if (!isCancelled) act();
      });
    });
    return () => {
      isCancelled = true;
    };
  }

  /** Delivers a message of a child, in order. */
  #deliver(act: () => void): void {
    const { world, random } = this.#options;
    this.#deliveredAt = Math.max(this.#deliveredAt, world.now + between(random, 50, 300));
    world.schedule(this.#deliveredAt, () => this.#whenAwake(act));
  }

  #later(micros: Micros, act: () => void): void {
    const { world, random } = this.#options;
    world.schedule(world.now + micros + between(random, 50, 300), () => this.#whenAwake(act));
  }

  #whenAwake(act: () => void): void {
    if (this.#isDead) return;
    if (this.isAwake) act();
    else this.#late.push(act);
  }
}
