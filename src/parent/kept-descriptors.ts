// Duplicates of a child's descriptors, so that packets that arrive before its restart stay queued.

import type { Log } from "../lib/log.ts";
import type { KeptDescriptor } from "../process/messages.ts";
import type { SupervisorPorts } from "./ports.ts";

type DescriptorPorts = Pick<
  SupervisorPorts<unknown, unknown, unknown>,
  "duplicateFrom" | "closeDescriptor"
>;

/** The duplicates, which the parent never reads. */
export class KeptDescriptors {
  readonly #ports: DescriptorPorts;
  readonly #log: Log;
  #kept: readonly KeptDescriptor[] = [];
  #hasWarned = false;

  constructor(ports: DescriptorPorts, log: Log) {
    this.#ports = ports;
    this.#log = log;
  }

  /**
   * Keeps duplicates of `descriptors` of process `pid`, instead of the former ones. If duplicating fails (the process may
   * have died), the former duplicate with that label stays.
   */
  take(pid: number, descriptors: readonly KeptDescriptor[]): void {
    const former = new Map(this.#kept.map((known) => [known.label, known]));
    const kept: KeptDescriptor[] = [];
    for (const { label, fd } of descriptors) {
      try {
        kept.push({ label, fd: this.#ports.duplicateFrom(pid, fd) });
      } catch (error) {
        const known = former.get(label);
        former.delete(label);
        if (known !== undefined) kept.push(known);
        else this.#warn(pid, error as Error);
      }
    }
    this.#kept = kept;
    for (const { fd } of former.values()) this.#ports.closeDescriptor(fd);
  }

  list(): readonly KeptDescriptor[] {
    return this.#kept;
  }

  close(): void {
    for (const { fd } of this.#kept) this.#ports.closeDescriptor(fd);
    this.#kept = [];
  }

  #warn(pid: number, error: Error): void {
    if (!this.#hasWarned) {
      this.#log(
        "warning",
        `Cannot keep the sockets of process ${pid}: ${error.message}. ` +
          "A restarted process will miss packets that arrived meanwhile.",
      );
    }
    this.#hasWarned = true;
  }
}
