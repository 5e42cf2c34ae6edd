// Keeps promote_secondaries set on interfaces with leased addresses. Without it, the kernel removes all other addresses
// of the subnet when one lease ends.

import type { Log } from "../lib/log.ts";
import { readIpv4Conf, writeIpv4Conf } from "../os/net/sysctl.ts";

const KEY = "promote_secondaries";
/** How often the setting is checked. */
const CHECK_MILLIS = 1_000;

/** Sets and finally restores it. Held by the parent, which outlives its children. */
export class PromoteSecondaries {
  readonly #former = new Map<string, string>();
  readonly #required = new Set<string>();
  /** Interfaces where setting it failed. */
  readonly #refused = new Set<string>();
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * Sets it on `interfaceName`, and again whenever something resets it. Only logs a failure: then the addresses of a
   * subnet may disappear together.
   */
  require(interfaceName: string): void {
    this.#required.add(interfaceName);
    this.#refused.delete(interfaceName);
    this.#set(interfaceName);
    // Changes under /proc/sys cannot be watched.
    this.#timer ??= setInterval(() => this.check(), CHECK_MILLIS).unref();
  }

  /** Sets it again where something reset it, such as another daemon's stop or `sysctl --system`. */
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

  /** Restores the former value on every interface that still exists. */
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
