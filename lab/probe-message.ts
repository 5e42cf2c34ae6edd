// The protocol between the probe and the echo, and the probe's reports (one JSON value per line).

/** UDP port of the echo. Probes are `SEQUENCE ADDRESS`, answers `SEQUENCE HOST`. */
export const probePort = 7007;

/** A period without answers. */
export interface Gap {
  /** When the first unanswered probe was sent, in wall-clock milliseconds. */
  readonly from: number;
  /** When the next answered probe was sent. */
  readonly to: number;
  readonly millis: number;
  /** The number of lost probes. */
  readonly lost: number;
  /** The hosts that answered before and after. */
  readonly before: string;
  readonly after: string;
}

export type ProbeReport =
  | { readonly kind: "ready" }
  /** The first answer, or the first from another host. */
  | { readonly kind: "answered"; readonly at: number; readonly by: string }
  /** A gap has begun and continues. `at` is when the first lost probe was sent. */
  | { readonly kind: "lost"; readonly at: number; readonly by: string }
  | ({ readonly kind: "gap" } & Gap);
