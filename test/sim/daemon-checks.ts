// What must hold of the daemons: how often they resume a process, and what they leave behind one.

import { peersWait } from "../../src/config/vrrp/lease.ts";
import { MILLISECOND, type Micros, SECOND } from "../../src/lib/micros.ts";
import type { Host } from "./host.ts";
import { keyOf } from "./kernel.ts";
import type { Plan } from "./plan.ts";
import type { Violation } from "./violation.ts";
import type { World } from "./world.ts";

/** FENCING, resume: at most twice in this time, by whatever clock. */
const RESUMES_IN_WINDOW = 2;
const RESUME_WINDOW: Micros = 59 * SECOND;

/** What is known of the daemon of one host. All times are true ones. */
interface Life {
  /** Since when no vrrp process of it has worked, as far as was looked; undefined while one does. */
  idleSince: Micros | undefined;
  /** A vrrp process of it has worked. */
  hasWorked: boolean;
  readonly resumedAt: Micros[];
}

export class DaemonChecks {
  readonly #world: World;
  readonly #plan: Plan;
  readonly #hosts: readonly Host[];
  readonly #violate: (rule: Violation["rule"], text: string) => void;
  readonly #lives: Life[];

  constructor(
    world: World,
    plan: Plan,
    hosts: readonly Host[],
    violate: (rule: Violation["rule"], text: string) => void,
  ) {
    this.#world = world;
    this.#plan = plan;
    this.#hosts = hosts;
    this.#violate = violate;
    this.#lives = plan.hosts.map(newLife);
  }

  /** A daemon has no memory of the one before. */
  onBegun({ index }: Host): void {
    this.#lives[index] = newLife();
  }

  onStarted(host: Host, isResumed: boolean): void {
    const life = this.#lifeOf(host);
    life.hasWorked = true;
    if (!isResumed) return;
    const recent = life.resumedAt.filter((at) => this.#world.now - at < RESUME_WINDOW);
    if (recent.length >= RESUMES_IN_WINDOW) this.#violate("resumed too often", host.name);
    life.resumedAt.push(this.#world.now);
  }

  /**
   * A parent that runs leaves no address to a vrrp process that is dead or stands still: it is resumed, or cleaned up
   * behind, within the time that peers wait (FENCING, leases 3).
   */
  checkCleanUp(): void {
    const { now } = this.#world;
    const { interval, downTimerAdverts } = this.#plan;
    const wait = Math.max(peersWait(interval, downTimerAdverts), 100 * MILLISECOND);
    for (const host of this.#hosts) {
      const life = this.#lifeOf(host);
      life.idleSince = host.isRunning ? undefined : (life.idleSince ?? now);
      const awakeSince = host.parentAwakeSince;
      if (!life.hasWorked || life.idleSince === undefined || awakeSince === undefined) continue;
      const idle = now - Math.max(life.idleSince, awakeSince);
      const held = host.kernel.addresses();
      if (held.length === 0 || idle <= 1.01 * wait + 40 * MILLISECOND) continue;
      const text = `${host.name} ${held.map(keyOf).join(", ")}`;
      this.#violate("addresses of a dead process", text);
    }
  }

  /** No host holds an address that its configuration has not, or not any more. */
  checkConfigured(): void {
    for (const { name, config, kernel } of this.#hosts) {
      const configured = new Set(config.instances.flatMap(({ addresses }) => addresses.map(keyOf)));
      const strange = kernel
        .addresses()
        .map(keyOf)
        .filter((key) => !configured.has(key));
      if (strange.length === 0) continue;
      this.#violate("addresses without configuration", `${name} ${strange.join(", ")}`);
    }
  }

  #lifeOf({ index }: Host): Life {
    return this.#lives[index] as Life;
  }
}

function newLife(): Life {
  return { idleSince: undefined, hasWorked: false, resumedAt: [] };
}
