// The rules for daemons: how often they resume a process, and what they clean up after one.

import { peersWait } from "../../src/config/vrrp/lease.ts";
import { MILLISECOND, type Micros, SECOND } from "../../src/lib/micros.ts";
import type { Host } from "./host.ts";
import { keyOf } from "./kernel.ts";
import type { Plan } from "./plan.ts";
import type { Violation } from "./violation.ts";
import type { World } from "./world.ts";

/** At most two resumes within this time, by any clock. */
const RESUMES_IN_WINDOW = 2;
const RESUME_WINDOW: Micros = 59 * SECOND;

/** The daemon of one host. All times are true time. */
interface Life {
  /** When it was first seen without a working vrrp process; undefined while it has one. */
  idleSince: Micros | undefined;
  /** It has had a working vrrp process. */
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

  /** A daemon does not know its predecessor. */
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
   * A running parent leaves no address to a dead or frozen vrrp process: it resumes it, or cleans up after it, within
   * its peers' wait.
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

  /** No host holds an address that is not, or no longer, configured. */
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
