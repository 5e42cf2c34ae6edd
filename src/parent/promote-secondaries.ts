// Keeps promote_secondaries set on interfaces that carry leased addresses: without it the end of one lease takes
// every other address of its subnet along (FENCING, leases 6).

import type { Log } from "../lib/log.ts";
import { readIpv4Conf, writeIpv4Conf } from "../os/net/sysctl.ts";

const KEY = "promote_secondaries";
/** How often it is looked at. */
const CHECK_MILLIS = 1_000;

/** What was changed, to be restored at the end. The parent holds it, since it outlives the child. */
export class PromoteSecondaries {
  readonly #former = new Map<string, string>();
  readonly #required = new Set<string>();
  /** Interfaces on which the setting was refused. */
  readonly #refused = new Set<string>();
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * Sets it on `interfaceName`, and again whenever something resets it; a refusal is logged and only means that
   * addresses may go together.
   */
  require(interfaceName: string): void {
    this.#required.add(interfaceName);
    this.#refused.delete(interfaceName);
    this.#set(interfaceName);
    // No notification tells of a change under /proc/sys.
    this.#timer ??= setInterval(() => this.check(), CHECK_MILLIS).unref();
  }

  /** Sets it where something else reset it: another daemon that ends, or `sysctl --system`. */
  check(): void {
    for (const interfaceName of this.#required) this.#set(interfaceName);
  }

  #set(interfaceName: string): void {
    try {
      const value = readIpv4Conf(interfaceName, KEY);
      if (value === undefined || value === "1") return;
      writeIpv4Conf(interfaceName, KEY, "1");
      this.#refused.delete(interfaceName);
      if (!this.#former.has(interfaceName)) this.#former.set(interfaceName, value);
      this.#log("info", `Setting ${KEY} on ${interfaceName}, it was ${value}`);
    } catch (error) {
      if (this.#refused.has(interfaceName)) return;
      this.#refused.add(interfaceName);
      this.#log(
        "warning",
        `Cannot set ${KEY} on ${interfaceName}: ${(error as Error).message}. ` +
          "The end of one address's lease can remove others of its subnet.",
      );
    }
  }

  /** Gives every interface that still exists its former value back. */
  restore(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#required.clear();
    for (const [interfaceName, value] of this.#former) {
      try {
        if (readIpv4Conf(interfaceName, KEY) !== undefined) {
          writeIpv4Conf(interfaceName, KEY, value);
        }
      } catch (error) {
        this.#log(
          "warning",
          `Cannot restore ${KEY} on ${interfaceName}: ${(error as Error).message}`,
        );
      }
    }
    this.#former.clear();
  }
}
