// Sends netlink requests, many per system call, and matches the kernel's replies by sequence number.

import { assert } from "../lib/assert.ts";
import { align } from "./attribute.ts";
import { decodeVerdict, type Message, splitMessages, stampMessage } from "./message.ts";
import { type Decoded, NETLINK_REFUSALS, type NetlinkRefusal } from "./refusal.ts";
import { EBADMSG, EINTR, ENOBUFS, ETIMEDOUT } from "./uapi/errno.ts";
import { NLM_F_ACK, NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR } from "./uapi/netlink.ts";

/** A socket whose replies are queued when `send` returns, as those of rtnetlink and generic netlink are. */
export interface NetlinkTransport {
  /** The port id of the socket, which also marks notifications caused by its requests. */
  readonly port: number;
  /** The size of the receive buffer in octets as the kernel counts, including its overhead. */
  readonly receiveBufferOctets: number;
  /** Sends a datagram to the kernel. Returns zero or the errno. */
  send(bytes: Uint8Array): number;
  /**
   * Passes queued datagrams, at least one if there are any, to `onDatagram`; the bytes are valid until it returns.
   * Returns their number, or "overrun" if the kernel dropped some since the last call (ENOBUFS).
   */
  receive(onDatagram: (bytes: Uint8Array) => void): number | "overrun";
}

/** A request that failed, or whose reply was lost. */
export interface RequestFailure {
  /** The index of the request, from zero. */
  readonly request: number;
  readonly errno: number;
  /** The kernel's error message, if any. */
  readonly detail: string | undefined;
  /** The offset of the invalid attribute in the message, in octets. */
  readonly attributeOffset: number | undefined;
}

/** The result of a query: items or a failure. */
export type QueryResult<T> =
  | { readonly failure: undefined; readonly items: readonly T[] }
  | { readonly failure: RequestFailure };

const SEND_OCTETS = 64 * 1024;
/** The most that the kernel charges a buffer for one reply, besides twice the size of the request, which it may quote. */
const REPLY_OCTETS = 1280;
/** How often a dump is read before giving up because the data changed meanwhile. */
const DUMP_ATTEMPTS = 8;
/** Guards against an endless reply. */
const MAX_READS = 100_000;
const NO_FAILURES: readonly RequestFailure[] = [];
const NO_REPLY = "the kernel did not reply";

/** Sends the requests of one socket, one after the other. No reply is outstanding between two calls. */
export class NetlinkRequester {
  readonly #transport: NetlinkTransport;
  readonly #sendBuffer = new Uint8Array(SEND_OCTETS);
  #sequence: number;
  /** The number of unexpected and invalid replies: zero on a healthy system. */
  strayReplies = 0;

  /** `firstSequence`: the sequence number of the first request, at least 1. */
  constructor(transport: NetlinkTransport, firstSequence: number = 1) {
    this.#transport = transport;
    this.#sequence = firstSequence - 1;
  }

  /** The port id of the socket, which also marks notifications caused by its requests. */
  get port(): number {
    return this.#transport.port;
  }

  /** The sequence number of the last request. Those of one call are consecutive. */
  get lastSequence(): number {
    return this.#sequence;
  }

  /**
   * Sends all `messages` in order, even if some fail, and returns the failures in order; empty if all succeeded. Does not
   * change the messages, so an encoded one can be sent repeatedly.
   */
  request(messages: readonly Uint8Array[]): readonly RequestFailure[] {
    let failures = NO_FAILURES;
    for (let start = 0; start < messages.length; ) {
      const end = this.#fill(messages, start);
      const failed = this.#perform(messages, start, end);
      if (failed.length > 0) failures = failures.length === 0 ? failed : [...failures, ...failed];
      start = end;
    }
    return failures;
  }

  /** Queries one object. The items are empty if the kernel acknowledges without one. */
  get<T extends object>(
    message: Uint8Array,
    decode: (message: Message) => Decoded<T>,
  ): QueryResult<T> {
    return this.#query(message, NLM_F_ACK, decode) ?? failure(EINTR, "changed while it was read");
  }

  /** Queries a list (a message with NLM_F_DUMP). Skips messages that `decode` refuses as familyUnknown. */
  dump<T extends object>(
    message: Uint8Array,
    decode: (message: Message) => Decoded<T>,
  ): QueryResult<T> {
    for (let attempts = 0; attempts < DUMP_ATTEMPTS; attempts++) {
      const result = this.#query(message, 0, decode);
      if (result !== undefined) return result;
    }
    return failure(EINTR, `changed ${DUMP_ATTEMPTS} times while it was read`);
  }

  /** Copies messages from `start` on into the send buffer; returns the index of the first that does not fit. */
  #fill(messages: readonly Uint8Array[], start: number): number {
    let room = this.#transport.receiveBufferOctets;
    let octets = 0;
    let end = start;
    for (; end < messages.length; end++) {
      const message = messages[end] as Uint8Array;
      const replyOctets = REPLY_OCTETS + 2 * message.length;
      if (end > start && (octets + message.length > SEND_OCTETS || replyOctets > room)) break;
      assert(message.length <= SEND_OCTETS, "netlink request exceeds the send buffer");
      this.#sendBuffer.set(message, octets);
      room -= replyOctets;
      octets += align(message.length);
    }
    return end;
  }

  /** Stamps and sends the messages in the send buffer, and collects the failures. */
  #perform(messages: readonly Uint8Array[], start: number, end: number): readonly RequestFailure[] {
    const first = this.#reserveSequences(end - start);
    const last = first + (end - start) - 1;
    let octets = 0;
    for (let index = start; index < end; index++) {
      // The kernel answers in order, and reports errors unasked: an acknowledgement of the last message ends the answers.
      const sequence = first + index - start;
      stampMessage(this.#sendBuffer, octets, sequence, sequence === last ? NLM_F_ACK : 0);
      octets += align((messages[index] as Uint8Array).length);
    }
    const errno = this.#transport.send(this.#sendBuffer.subarray(0, octets));
    if (errno !== 0) return failUnanswered(NO_FAILURES, start, end, errno, undefined);
    const failures: RequestFailure[] = [];
    let isAcknowledged = false;
    const onMessage = (message: Message): void => {
      if (message.sequence < first || message.sequence > last || message.type !== NLMSG_ERROR) {
        this.strayReplies++;
        return;
      }
      if (message.sequence === last) isAcknowledged = true;
      const verdict = decodeVerdict(message);
      const request = start + message.sequence - first;
      if (typeof verdict === "string") failures.push(unreadable(request, verdict));
      else if (verdict.errno !== 0) {
        const { text, attributeOffset } = verdict;
        failures.push({ request, errno: verdict.errno, detail: text, attributeOffset });
      }
    };
    let isOverrun = false;
    for (let reads = 0; !isAcknowledged && reads < MAX_READS; reads++) {
      const received = this.#receive(onMessage);
      if (received === "overrun") isOverrun = true;
      // The queue is empty: a missing reply will not arrive any more.
      else if (received === 0) break;
    }
    if (isOverrun) {
      return failUnanswered(failures, start, end, ENOBUFS, "the kernel's reply was dropped");
    }
    if (!isAcknowledged) return failUnanswered(failures, start, end, ETIMEDOUT, NO_REPLY);
    return failures.length === 0 ? NO_FAILURES : failures;
  }

  /** Undefined if the list changed while it was read. */
  #query<T extends object>(
    message: Uint8Array,
    flags: number,
    decode: (message: Message) => Decoded<T>,
  ): QueryResult<T> | undefined {
    assert(message.length <= SEND_OCTETS, "netlink request exceeds the send buffer");
    const sequence = this.#reserveSequences(1);
    this.#sendBuffer.set(message, 0);
    stampMessage(this.#sendBuffer, 0, sequence, flags);
    const errno = this.#transport.send(this.#sendBuffer.subarray(0, message.length));
    if (errno !== 0) return failure(errno, undefined);
    const items: T[] = [];
    let problem: RequestFailure | undefined;
    let isComplete = false;
    let isInterrupted = false;
    const onMessage = (reply: Message): void => {
      if (reply.sequence !== sequence || isComplete) {
        this.strayReplies++;
        return;
      }
      if ((reply.flags & NLM_F_DUMP_INTR) !== 0) isInterrupted = true;
      if (reply.type === NLMSG_ERROR || reply.type === NLMSG_DONE) {
        isComplete = true;
        const verdict = decodeVerdict(reply);
        if (typeof verdict === "string") problem = unreadable(0, verdict);
        else if (verdict.errno !== 0) {
          const { text, attributeOffset } = verdict;
          problem = { request: 0, errno: verdict.errno, detail: text, attributeOffset };
        }
        return;
      }
      const item = decode(reply);
      if (typeof item !== "string") items.push(item);
      else if (item !== "familyUnknown") problem ??= unreadable(0, item);
    };
    for (let reads = 0; !isComplete && reads < MAX_READS; reads++) {
      const received = this.#receive(onMessage);
      if (received === "overrun") isInterrupted = true;
      else if (received === 0) break;
    }
    if (!isComplete) return failure(ETIMEDOUT, NO_REPLY);
    if (isInterrupted) return undefined;
    return problem === undefined ? { failure: undefined, items } : { failure: problem };
  }

  #receive(onMessage: (message: Message) => void): number | "overrun" {
    return this.#transport.receive((datagram) => {
      if (splitMessages(datagram, onMessage) !== undefined) this.strayReplies++;
    });
  }

  /** Reserves `count` consecutive sequence numbers and returns the first. Never zero, which is the kernel's. */
  #reserveSequences(count: number): number {
    if (this.#sequence + count > 0xffff_ffff) this.#sequence = 0;
    const first = this.#sequence + 1;
    this.#sequence += count;
    return first;
  }
}

/** Replies were lost, so every request without its own failure gets this one. */
function failUnanswered(
  failures: readonly RequestFailure[],
  start: number,
  end: number,
  errno: number,
  detail: string | undefined,
): RequestFailure[] {
  const known = new Map(failures.map((failed) => [failed.request, failed]));
  return Array.from(
    { length: end - start },
    (_, index) =>
      known.get(start + index) ?? {
        request: start + index,
        errno,
        detail,
        attributeOffset: undefined,
      },
  );
}

function unreadable(request: number, refusal: NetlinkRefusal): RequestFailure {
  return {
    request,
    errno: EBADMSG,
    detail: NETLINK_REFUSALS[refusal],
    attributeOffset: undefined,
  };
}

function failure(errno: number, detail: string | undefined): { failure: RequestFailure } {
  return { failure: { request: 0, errno, detail, attributeOffset: undefined } };
}
