// A socket that receives adverts. It stays open, and its packets stay queued, while any process has a descriptor of it.

import type { Micros } from "../../src/lib/micros.ts";
import type { VrrpPacket } from "../../src/wire/vrrp.ts";

/** The number of packets that it queues while no process reads. */
const MOST_PACKETS = 200;

export interface QueuedPacket {
  readonly packet: VrrpPacket;
  readonly arrivedAt: Micros;
}

export class ReceiveSocket {
  readonly #packets: QueuedPacket[] = [];
  #holders = 1;

  get isOpen(): boolean {
    return this.#holders > 0;
  }

  get isFull(): boolean {
    return this.#packets.length >= MOST_PACKETS;
  }

  /** Another process gets a descriptor. */
  share(): void {
    this.#holders++;
  }

  close(): void {
    this.#holders--;
  }

  receive(packet: QueuedPacket): void {
    if (!this.isFull) this.#packets.push(packet);
  }

  read(): QueuedPacket | undefined {
    return this.#packets.shift();
  }
}
