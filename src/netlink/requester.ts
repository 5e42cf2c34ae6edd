// Asks the kernel and collects its answers: many requests in one send, each failure told apart by its sequence number.

import { assert } from "../lib/assert.ts";
import { align } from "./attribute.ts";
import { decodeVerdict, type Message, splitMessages, stampMessage } from "./message.ts";
import { type Decoded, NETLINK_REFUSALS, type NetlinkRefusal } from "./refusal.ts";
import { EBADMSG, EINTR, ENOBUFS, ETIMEDOUT } from "./uapi/errno.ts";
import { NLM_F_ACK, NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR } from "./uapi/netlink.ts";

/** A socket to the kernel whose answers are queued when `send` returns, as rtnetlink's and generic netlink's are. */
export interface NetlinkTransport {
  /** The port id that the kernel gave the socket; it stands in its answers and in what its requests cause. */
  readonly port: number;
  /** How much the kernel queues for it, in octets as the kernel counts them: with its bookkeeping. */
  readonly receiveBufferOctets: number;
  /** Sends one datagram to the kernel. Gives zero, or the errno of the refusal. */
  send(bytes: Uint8Array): number;
  /**
   * Hands over what is queued, at least one datagram when there is one; the bytes are good until `onDatagram`
   * returns. Gives how many there were, or that the kernel dropped some since the last time (ENOBUFS).
   */
  receive(onDatagram: (bytes: Uint8Array) => void): number | "overrun";
}

/** A request that the kernel refused, or whose answer is lost. */
export interface RequestFailure {
  /** Which of the messages, counted from zero. */
  readonly request: number;
  readonly errno: number;
  /** The kernel's own words where it has some. */
  readonly detail: string | undefined;
  /** Where in the message the attribute stands that is wrong, in octets. */
  readonly attributeOffset: number | undefined;
}

/** What a question gave: items, or why it gave none. */
export type Answer<T> =
  | { readonly failure: undefined; readonly items: readonly T[] }
  | { readonly failure: RequestFailure };

const SEND_OCTETS = 64 * 1024;
/** What the kernel counts at most for one answer, beside twice the request that it may quote. */
const ANSWER_OCTETS = 1280;
/** How often a dump is started anew because what it describes changed while it was read. */
const DUMP_TRIES = 8;
/** A guard against an answer without end. */
const MAX_READS = 100_000;
const NO_FAILURES: readonly RequestFailure[] = [];

/** One socket's requests, one after the other; nothing is outstanding between two calls. */
export class NetlinkRequester {
  readonly #transport: NetlinkTransport;
  readonly #sendBuffer = new Uint8Array(SEND_OCTETS);
  #sequence: number;
  /** The answers to requests long given up, and what could not be read: zero on a healthy system. */
  strayAnswers = 0;

  /** `firstSequence`: the number of the first request, from 1. */
  constructor(transport: NetlinkTransport, firstSequence: number = 1) {
    this.#transport = transport;
    this.#sequence = firstSequence - 1;
  }

  /** The port id of the socket: announcements that its requests cause carry it. */
  get port(): number {
    return this.#transport.port;
  }

  /** The number of the last request that was sent; those of one call follow each other. */
  get lastSequence(): number {
    return this.#sequence;
  }

  /**
   * Has the kernel perform all of `messages` in order, whether or not some fail, and gives the failures in order;
   * none: all are done. The messages are not changed: an encoded one can be sent again and again.
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

  /** Asks for one object; no items when the kernel acknowledges without one. */
  get<T extends object>(message: Uint8Array, decode: (message: Message) => Decoded<T>): Answer<T> {
    return this.#ask(message, NLM_F_ACK, decode) ?? failure(EINTR, "changed while it was read");
  }

  /** Reads a whole list (a message with NLM_F_DUMP). What `decode` calls familyUnknown is left out. */
  dump<T extends object>(message: Uint8Array, decode: (message: Message) => Decoded<T>): Answer<T> {
    for (let tries = 0; tries < DUMP_TRIES; tries++) {
      const answer = this.#ask(message, 0, decode);
      if (answer !== undefined) return answer;
    }
    return failure(EINTR, `changed ${DUMP_TRIES} times while it was read`);
  }

  /** Copies messages from `start` on into the send buffer and gives the first that has no room. */
  #fill(messages: readonly Uint8Array[], start: number): number {
    let room = this.#transport.receiveBufferOctets;
    let octets = 0;
    let end = start;
    for (; end < messages.length; end++) {
      const message = messages[end] as Uint8Array;
      const answer = ANSWER_OCTETS + 2 * message.length;
      if (end > start && (octets + message.length > SEND_OCTETS || answer > room)) break;
      assert(message.length <= SEND_OCTETS, "a netlink request fits the send buffer");
      this.#sendBuffer.set(message, octets);
      room -= answer;
      octets += align(message.length);
    }
    return end;
  }

  /** Stamps and sends the messages in the send buffer, and collects what the kernel says to them. */
  #perform(messages: readonly Uint8Array[], start: number, end: number): readonly RequestFailure[] {
    const first = this.#reserveSequences(end - start);
    const last = first + (end - start) - 1;
    let octets = 0;
    for (let index = start; index < end; index++) {
      // Errors are answered without being asked for, and in order: only the last needs an acknowledgement.
      const sequence = first + index - start;
      stampMessage(this.#sendBuffer, octets, sequence, sequence === last ? NLM_F_ACK : 0);
      octets += align((messages[index] as Uint8Array).length);
    }
    const errno = this.#transport.send(this.#sendBuffer.subarray(0, octets));
    if (errno !== 0) return lost(NO_FAILURES, start, end, errno, undefined);
    const failures: RequestFailure[] = [];
    let done = false;
    const onMessage = (message: Message): void => {
      if (message.sequence < first || message.sequence > last || message.type !== NLMSG_ERROR) {
        this.strayAnswers++;
        return;
      }
      if (message.sequence === last) done = true;
      const verdict = decodeVerdict(message);
      const request = start + message.sequence - first;
      if (typeof verdict === "string") failures.push(unreadable(request, verdict));
      else if (verdict.errno !== 0) {
        const { text, attributeOffset } = verdict;
        failures.push({ request, errno: verdict.errno, detail: text, attributeOffset });
      }
    };
    let overrun = false;
    for (let reads = 0; !done && reads < MAX_READS; reads++) {
      const received = this.#receive(onMessage);
      if (received === "overrun") overrun = true;
      // Nothing more is queued: what is missing now never comes.
      else if (received === 0) break;
    }
    if (overrun) return lost(failures, start, end, ENOBUFS, "the kernel's answer was dropped");
    if (!done) return lost(failures, start, end, ETIMEDOUT, "the kernel gave no answer");
    return failures.length === 0 ? NO_FAILURES : failures;
  }

  /** Undefined: the kernel says that the list changed while it was read. */
  #ask<T extends object>(
    message: Uint8Array,
    flags: number,
    decode: (message: Message) => Decoded<T>,
  ): Answer<T> | undefined {
    assert(message.length <= SEND_OCTETS, "a netlink request fits the send buffer");
    const sequence = this.#reserveSequences(1);
    this.#sendBuffer.set(message, 0);
    stampMessage(this.#sendBuffer, 0, sequence, flags);
    const errno = this.#transport.send(this.#sendBuffer.subarray(0, message.length));
    if (errno !== 0) return failure(errno, undefined);
    const items: T[] = [];
    let problem: RequestFailure | undefined;
    let done = false;
    let interrupted = false;
    const onMessage = (answer: Message): void => {
      if (answer.sequence !== sequence || done) {
        this.strayAnswers++;
        return;
      }
      if ((answer.flags & NLM_F_DUMP_INTR) !== 0) interrupted = true;
      if (answer.type === NLMSG_ERROR || answer.type === NLMSG_DONE) {
        done = true;
        const verdict = decodeVerdict(answer);
        if (typeof verdict === "string") problem = unreadable(0, verdict);
        else if (verdict.errno !== 0) {
          const { text, attributeOffset } = verdict;
          problem = { request: 0, errno: verdict.errno, detail: text, attributeOffset };
        }
        return;
      }
      const item = decode(answer);
      if (typeof item !== "string") items.push(item);
      else if (item !== "familyUnknown") problem ??= unreadable(0, item);
    };
    for (let reads = 0; !done && reads < MAX_READS; reads++) {
      const received = this.#receive(onMessage);
      if (received === "overrun") interrupted = true;
      else if (received === 0) break;
    }
    if (!done) return failure(ETIMEDOUT, "the kernel gave no answer");
    if (interrupted) return undefined;
    return problem === undefined ? { failure: undefined, items } : { failure: problem };
  }

  #receive(onMessage: (message: Message) => void): number | "overrun" {
    return this.#transport.receive((datagram) => {
      if (splitMessages(datagram, onMessage) !== undefined) this.strayAnswers++;
    });
  }

  /** The first of `count` sequence numbers in a row. Never zero: that is the kernel's own. */
  #reserveSequences(count: number): number {
    if (this.#sequence + count > 0xffff_ffff) this.#sequence = 0;
    const first = this.#sequence + 1;
    this.#sequence += count;
    return first;
  }
}

/** Some answers are missing, and it is not known which: every request without a failure of its own gets this one. */
function lost(
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
