// Keeps promote_secondaries set on interfaces that carry leased addresses: without it the end of one lease takes
// every other address of its subnet along (FENCING, leases 6).

import type { Log } from "../lib/log.ts";
import { readIpv4Conf, writeIpv4Conf } from "../os/sysctl.ts";

const KEY = "promote_secondaries";

/** What was changed, to be restored at the end. The parent holds it, since it outlives the child. */
export class PromoteSecondaries {
  readonly #former = new Map<string, string>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Sets it on `interfaceName`; a refusal is logged and only means that leases may end together. */
  require(interfaceName: string): void {
    try {
      const value = readIpv4Conf(interfaceName, KEY);
      if (value === undefined || value === "1") return;
      writeIpv4Conf(interfaceName, KEY, "1");
      if (!this.#former.has(interfaceName)) this.#former.set(interfaceName, value);
      this.#log("info", `Setting ${KEY} on ${interfaceName}, it was ${value}`);
    } catch (error) {
      this.#log(
        "warning",
        `Cannot set ${KEY} on ${interfaceName}: ${(error as Error).message}. ` +
          "The end of one address's lease can remove others of its subnet.",
      );
    }
  }

  /** Gives every interface that still exists its former value back. */
  restore(): void {
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
