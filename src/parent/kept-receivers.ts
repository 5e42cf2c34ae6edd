// Second handles on the child's receive sockets: what peers send between its death and the next child stays queued.

import type { Log } from "../lib/log.ts";
import { closeDescriptor } from "../os/net/socket.ts";
import { duplicateFrom } from "../os/process/process-control.ts";
import type { ReceiverDescriptor } from "../process/ipc.ts";

/** The duplicates that the parent holds and never reads. */
export class KeptReceivers {
  readonly #log: Log;
  #kept: readonly ReceiverDescriptor[] = [];
  #hasComplained = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * Replaces what is kept by duplicates of the descriptors that the process `pid` says it reads. Of those that cannot
   * be had (it may have died since) the former one is kept.
   */
  take(pid: number, receivers: readonly ReceiverDescriptor[]): void {
    const former = new Set(this.#kept);
    const kept: ReceiverDescriptor[] = [];
    for (const receiver of receivers) {
      try {
        kept.push({ ...receiver, fd: duplicateFrom(pid, receiver.fd) });
      } catch (error) {
        const same = [...former].find(
          (known) =>
            known.interface === receiver.interface &&
            known.interfaceIndex === receiver.interfaceIndex,
        );
        if (same !== undefined) {
          former.delete(same);
          kept.push(same);
          continue;
        }
        if (!this.#hasComplained) {
          this.#log(
            "warning",
            `Cannot keep the receive sockets of process ${pid}: ${(error as Error).message}. ` +
              "A process that resumes will not see adverts that came while there was none.",
          );
        }
        this.#hasComplained = true;
      }
    }
    this.#kept = kept;
    for (const receiver of former) closeDescriptor(receiver.fd);
  }

  list(): readonly ReceiverDescriptor[] {
    return this.#kept;
  }

  close(): void {
    for (const receiver of this.#kept) closeDescriptor(receiver.fd);
    this.#kept = [];
  }
}
