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
 * Keeps requests that come before somebody can act on them. A stop makes every other request pointless and is never
 * held up; others count once however often they came.
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

  /** From now on `act` is called for each request, first for what waited; while they are held, for a stop alone. */
  open(act: (request: SignalRequest) => void): void {
    this.#act = act;
    if (this.#held === "nothing") this.release();
    else if (this.#pending.delete("stop")) act("stop");
  }

  /** Requests of this kind wait: something is under way that must not be disturbed. */
  hold(what: "reloads" | "all"): void {
    this.#held = what;
  }

  /** What waited is acted on. */
  release(): void {
    this.#held = "nothing";
    const waiting = this.#pending.has("stop") ? (["stop"] as const) : [...this.#pending];
    this.#pending = new Set();
    for (const request of waiting) this.push(request);
  }
}
