// The signals of the parent: heard from its first moment, acted on when it is ready.

/** What users ask for by signals. */
export type SignalRequest = "reload" | "stop" | "data" | "stats" | "statsClear" | "json";

/** As keepalived maps them. */
export const REQUEST_SIGNALS: { readonly [request in SignalRequest]: readonly string[] } = {
  reload: ["SIGHUP"],
  stop: ["SIGTERM", "SIGINT"],
  data: ["SIGUSR1"],
  stats: ["SIGUSR2"],
  statsClear: ["SIGRTMAX-1"],
  json: ["SIGRTMIN+2"],
};

/**
 * Keeps requests that come before somebody can act on them. A stop makes every other request pointless; others
 * count once however often they came.
 */
export class SignalQueue {
  #pending = new Set<SignalRequest>();
  #act: ((request: SignalRequest) => void) | undefined;

  push(request: SignalRequest): void {
    if (this.#act === undefined) this.#pending.add(request);
    else this.#act(request);
  }

  /** From now on `act` is called for each request, first for what waited. */
  open(act: (request: SignalRequest) => void): void {
    const waiting = this.#pending.has("stop") ? (["stop"] as const) : [...this.#pending];
    this.#pending = new Set();
    this.#act = act;
    for (const request of waiting) act(request);
  }

  /** Requests wait again: something is under way that must not be disturbed. */
  hold(): void {
    this.#act = undefined;
  }
}
