// Sends orders to a child. A large part of the configuration is sent in pieces, each after the previous one has left.

import type { Order } from "./messages.ts";
import { type Piece, PieceAssembly, piecesOf } from "./pieces.ts";

/** A message of the channel. A large part is sent as `piece` messages, then its last piece in the start or reload. */
export type OrderMessage<Own> =
  | { readonly kind: "piece"; readonly piece: Piece }
  | (Order<Piece, Own> & { readonly kind: "start" | "reload" })
  | Exclude<Order<never, Own>, { readonly kind: "start" | "reload" }>;

/** Taken apart: the part and its members, so that the lists of the global settings are sent in pieces as its own are. */
const PART_LEVELS = 2;

/** Sends one message, and calls `onSent` when it has left or failed. */
export type Send<Message> = (message: Message, onSent: () => void) => void;

/** Sends orders through `send`, in order. */
export class OrderSender<Part, Own> {
  readonly #send: Send<OrderMessage<Own>>;
  readonly #waiting: Order<Part, Own>[] = [];
  #isSending = false;

  constructor(send: Send<OrderMessage<Own>>) {
    this.#send = send;
  }

  send(order: Order<Part, Own>): void {
    this.#waiting.push(order);
    if (!this.#isSending) this.#sendNext();
  }

  #sendNext(): void {
    for (let order = this.#waiting.shift(); order !== undefined; order = this.#waiting.shift()) {
      if (order.kind !== "start" && order.kind !== "reload") {
        this.#send(order, () => undefined);
        continue;
      }
      // Without a limit: sizes are checked where the configuration is accepted. A running daemon must not fail here.
      const pieces = piecesOf(order.part as object, PART_LEVELS, Number.POSITIVE_INFINITY);
      const first = pieces.next();
      if (this.#sendPieces(order, pieces, first.value ?? [])) return;
    }
  }

  /** Sends `piece` and the following ones; true if some are still to be sent. */
  #sendPieces(
    order: Extract<Order<Part, Own>, { readonly kind: "start" | "reload" }>,
    pieces: Generator<Piece>,
    piece: Piece,
  ): boolean {
    const next = pieces.next();
    if (next.done === true) {
      this.#send({ ...order, part: piece }, () => undefined);
      return false;
    }
    this.#isSending = true;
    this.#send({ kind: "piece", piece }, () => {
      if (this.#sendPieces(order, pieces, next.value)) return;
      this.#isSending = false;
      this.#sendNext();
    });
    return true;
  }
}

/** Turns received messages into orders. */
export class OrderReceiver<Own> {
  #assembly = new PieceAssembly();

  /** The order that `message` completes; undefined if more pieces follow. */
  take(message: OrderMessage<Own>): Order<unknown, Own> | undefined {
    if (message.kind === "piece") {
      this.#assembly.take(message.piece);
      return undefined;
    }
    if (message.kind !== "start" && message.kind !== "reload") return message;
    this.#assembly.take(message.part);
    const part = this.#assembly.value();
    this.#assembly = new PieceAssembly();
    return { ...message, part };
  }
}
