// The demo's timeline: one line for each thing that happened, with who holds the address beside it.

import { wallMillis } from "./clock.ts";

export type NodeName = "r1" | "r2";

/** What became of a node's daemon. */
export type NodeLife = "absent" | "running" | "frozen" | "dead";

interface NodeView {
  life: NodeLife;
  holds: boolean;
}

/** What the columns show at one moment. */
export interface View {
  readonly nodes: Readonly<Record<NodeName, NodeView>>;
  /** Who answers the client; undefined when nobody does. */
  answeredBy: string | undefined;
}

/** Turns text into coloured text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;
export type Style = "good" | "bad" | "cold" | "faint" | "strong";

const codes: Readonly<Record<Style, number>> = { good: 32, bad: 31, cold: 36, faint: 2, strong: 1 };

/** A painter for a terminal, or with `colours` false one that paints nothing. */
export function makePaint(colours: boolean): Paint {
  return (style, text) => (colours ? `\u001b[${codes[style]}m${text}\u001b[0m` : text);
}

type Symbol = readonly [symbol: string, style: Style, meaning: string];

const holder: Symbol = ["●", "good", "holds the address"];
const waiting: Symbol = ["○", "faint", "waits"];
const killed: Symbol = ["✗", "bad", "killed"];
const frozen: Symbol = ["‖", "cold", "frozen"];
const stale: Symbol = ["◍", "bad", "killed or frozen, and the address is still there"];
const absent: Symbol = ["·", "faint", "does not run"];

function symbolOf({ life, holds }: NodeView): Symbol {
  if (holds) return life === "running" ? holder : stale;
  return { absent, running: waiting, frozen, dead: killed }[life];
}

/** What the symbols mean, as one line. */
export function renderLegend(paint: Paint): string {
  return [holder, waiting, absent, killed, frozen, stale]
    .map(([symbol, style, meaning]) => `${paint(style, symbol)} ${meaning}`)
    .join("   ");
}

/** The head over the columns. */
export const timelineHead = "   time   r1  r2  client";

/** One line of the timeline, `seconds` after its begin. */
export function renderLine(seconds: number, view: View, text: string, paint: Paint): string {
  const columns = [view.nodes.r1, view.nodes.r2].map((node) => {
    const [symbol, style] = symbolOf(node);
    return paint(style, symbol);
  });
  const client = view.answeredBy === undefined ? paint("bad", "–  ") : view.answeredBy.padEnd(3);
  return `${seconds.toFixed(2).padStart(7)}   ${columns.join("   ")}   ${client}   ${text}`;
}

/** A length of time for people: `0.4 ms`, `614 ms`, `3.65 s`. */
export function renderMillis(millis: number): string {
  if (millis > 0 && millis < 10) return `${millis.toFixed(1)} ms`;
  return millis < 1000 ? `${Math.round(millis)} ms` : `${(millis / 1000).toFixed(2)} s`;
}

/** Columns under their heads; the first is set to the left, the others to the right. */
export function renderTable(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("   ")
      .trimEnd(),
  );
}

interface Entry {
  readonly at: number;
  readonly show: () => void;
  /** The node that loses the address by this. */
  readonly loser?: NodeName;
}

// Lines, addresses and answers come by different ways: they are put in order before they are shown.
const orderMillis = 300;

/** Shows what it is told in the order in which it happened, a moment later. */
export class Timeline {
  readonly #paint: Paint;
  readonly #print: (text: string) => void;
  #begin: number | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #view: View = {
    nodes: { r1: { life: "absent", holds: false }, r2: { life: "absent", holds: false } },
    answeredBy: undefined,
  };
  #entries: Entry[] = [];
  #isClosed = false;

  constructor(paint: Paint, print: (text: string) => void) {
    this.#paint = paint;
    this.#print = print;
    this.#timer = setInterval(() => this.#flush(wallMillis() - orderMillis), 50);
  }

  #add(entry: Entry): void {
    this.#begin ??= entry.at;
    if (!this.#isClosed) this.#entries.push(entry);
  }

  #flush(before: number): void {
    this.#entries.sort((a, b) => a.at - b.at);
    for (;;) {
      const [entry] = this.#entries;
      if (entry === undefined || entry.at > before) return;
      this.#entries.shift();
      entry.show();
    }
  }

  #line(at: number, text: string): void {
    const seconds = (at - (this.#begin ?? at)) / 1000;
    this.#print(renderLine(seconds, this.#view, text, this.#paint));
  }

  /** Something happened at `at`; `change` is what it changes in the columns. */
  tell(at: number, text: string, change?: (view: View) => void): void {
    const show = (): void => {
      change?.(this.#view);
      this.#line(at, text);
    };
    this.#add({ at, show });
  }

  /** A node got or lost the address at `at`. What changes nothing, a renewal, is not shown. */
  tellHolder(at: number, name: NodeName, holds: boolean): void {
    const show = (): void => {
      const node = this.#view.nodes[name];
      if (node.holds === holds) return;
      node.holds = holds;
      if (!holds) this.#line(at, `${name} has the address no more`);
      else if (!this.#isTwice(name)) this.#line(at, this.#paint("good", `${name} has the address`));
      else this.#line(at, this.#paint("bad", `${name} has the address, and so has the other`));
    };
    this.#add(holds ? { at, show } : { at, show, loser: name });
  }

  /** Whether another node has the address as well, and keeps it: at a takeover both have it for an instant. */
  #isTwice(name: NodeName): boolean {
    const { r1, r2 } = this.#view.nodes;
    const other = name === "r1" ? r2 : r1;
    const soonLost = this.#entries.some(({ loser }) => loser !== undefined && loser !== name);
    return other.holds && !soonLost;
  }

  /** A heading, now. */
  head(text: string): void {
    const show = (): void => {
      this.#print("");
      this.#print(text);
    };
    this.#add({ at: wallMillis(), show });
  }

  /** Shows what is left and ends. */
  close(): void {
    clearInterval(this.#timer);
    this.#flush(Number.POSITIVE_INFINITY);
    this.#isClosed = true;
  }
}
