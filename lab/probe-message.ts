// What the probing client and the echo on the hosts agree on, and what the client reports: one JSON value a line.

/** UDP port of the echo. Probes are `SEQUENCE ADDRESS`, answers `SEQUENCE HOST`. */
export const probePort = 7007;

/** A time without answers, as the client saw it. */
export interface Gap {
  /** When the first unanswered probe was sent, wall-clock milliseconds. */
  readonly from: number;
  /** When the first answered probe after it was sent. */
  readonly to: number;
  readonly millis: number;
  /** How many probes were lost. */
  readonly lost: number;
  /** Who answered before and after. */
  readonly before: string;
  readonly after: string;
}

export type ProbeReport =
  | { readonly kind: "ready" }
  /** The first answer, or the first one of another host. */
  | { readonly kind: "answered"; readonly at: number; readonly by: string }
  /** No answer for `millis`: the gap has begun and goes on. */
  | { readonly kind: "lost"; readonly at: number; readonly by: string }
  | ({ readonly kind: "gap" } & Gap);
