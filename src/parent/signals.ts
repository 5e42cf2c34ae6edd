// The parent's signals: queued from the first moment, handled when it is ready.

/** The requests that users make by signals. */
export type SignalRequest = "reload" | "stop" | "data" | "stats" | "statsClear" | "json";

/** keepalived's mapping. */
export const REQUEST_SIGNALS: { readonly [request in SignalRequest]: readonly string[] } = {
  reload: ["SIGHUP"],
  stop: ["SIGTERM", "SIGINT"],
  data: ["SIGUSR1"],
  stats: ["SIGUSR2"],
  statsClear: ["SIGRTMAX-1"],
  json: ["SIGRTMIN+2"],
};

/**
 * Queues requests until they can be handled. A stop discards all others and is never held; repeated requests count
 * once.
 */
export class SignalQueue {
  #pending = new Set<SignalRequest>();
  #act: ((request: SignalRequest) => void) | undefined;
  #held: "nothing" | "reloads" | "all" = "nothing";

  push(request: SignalRequest): void {
    if (this.#act === undefined || this.#isHeld(request)) this.#pending.add(request);
    else this.#act(request);
  }

  #isHeld(request: SignalRequest): boolean {
    if (request === "stop") return false;
    return this.#held === "all" || (this.#held === "reloads" && request === "reload");
  }

  /** Calls `act` for each request from now on, queued ones first; while held, only for a stop. */
  open(act: (request: SignalRequest) => void): void {
    this.#act = act;
    if (this.#held === "nothing") this.release();
    else if (this.#pending.delete("stop")) act("stop");
  }

  /** Holds requests of this kind until `release`. */
  hold(what: "reloads" | "all"): void {
    this.#held = what;
  }

  /** Handles the held requests. */
  release(): void {
    this.#held = "nothing";
    const waiting = this.#pending.has("stop") ? (["stop"] as const) : [...this.#pending];
    this.#pending = new Set();
    for (const request of waiting) this.push(request);
  }
}
