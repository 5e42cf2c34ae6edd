// Duplicates of a child's descriptors: what arrives at its sockets between its death and the next child stays queued.

import type { Log } from "../lib/log.ts";
import type { KeptDescriptor } from "../process/messages.ts";
import type { SupervisorPorts } from "./ports.ts";

type DescriptorPorts = Pick<
  SupervisorPorts<unknown, unknown, unknown>,
  "duplicateFrom" | "closeDescriptor"
>;

/** The duplicates that the parent holds and never reads. */
export class KeptDescriptors {
  readonly #ports: DescriptorPorts;
  readonly #log: Log;
  #kept: readonly KeptDescriptor[] = [];
  #hasComplained = false;

  constructor(ports: DescriptorPorts, log: Log) {
    this.#ports = ports;
    this.#log = log;
  }

  /**
   * Replaces what is kept by duplicates of `descriptors` of the process `pid`. Where one cannot be made (the process
   * may have died since) the former duplicate of that label stays.
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
        else this.#complain(pid, error as Error);
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

  #complain(pid: number, error: Error): void {
    if (!this.#hasComplained) {
      this.#log(
        "warning",
        `Cannot keep the sockets of process ${pid}: ${error.message}. ` +
          "A process that resumes will miss what arrived while there was none.",
      );
    }
    this.#hasComplained = true;
  }
}
