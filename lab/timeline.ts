// The demo's timeline: one line per event, with a column for each node and the client.

import { wallMillis } from "./clock.ts";

export type NodeName = "r1" | "r2";

/** The state of a node's daemon. */
export type NodeLife = "absent" | "running" | "frozen" | "dead";

interface NodeView {
  life: NodeLife;
  holds: boolean;
}

/** The state shown in the columns. */
export interface View {
  readonly nodes: Readonly<Record<NodeName, NodeView>>;
  /** The host that answers the client; undefined if none does. */
  answeredBy: string | undefined;
}

/** Colours text, or returns it unchanged. */
export type Paint = (style: Style, text: string) => string;
export type Style = "good" | "bad" | "cold" | "faint" | "strong";

const codes: Readonly<Record<Style, number>> = { good: 32, bad: 31, cold: 36, faint: 2, strong: 1 };

/** A painter with terminal colours, or without if `colours` is false. */
export function makePaint(colours: boolean): Paint {
  return (style, text) => (colours ? `\u001b[${codes[style]}m${text}\u001b[0m` : text);
}

type Symbol = readonly [symbol: string, style: Style, meaning: string];

const holder: Symbol = ["●", "good", "holds the address"];
const waiting: Symbol = ["○", "faint", "running without it"];
const killed: Symbol = ["✗", "bad", "killed"];
const frozen: Symbol = ["‖", "cold", "frozen"];
const stale: Symbol = ["◍", "bad", "killed or frozen, but still holds the address"];
const absent: Symbol = ["·", "faint", "not running"];

function symbolOf({ life, holds }: NodeView): Symbol {
  if (holds) return life === "running" ? holder : stale;
  return { absent, running: waiting, frozen, dead: killed }[life];
}

/** The legend of the symbols, on one line. */
export function renderLegend(paint: Paint): string {
  return [holder, waiting, absent, killed, frozen, stale]
    .map(([symbol, style, meaning]) => `${paint(style, symbol)} ${meaning}`)
    .join("   ");
}

/** The column headings. */
export const timelineHead = "   time   r1  r2  client";

/** Renders one line of the timeline, `seconds` after its start. */
export function renderLine(seconds: number, view: View, text: string, paint: Paint): string {
  const columns = [view.nodes.r1, view.nodes.r2].map((node) => {
    const [symbol, style] = symbolOf(node);
    return paint(style, symbol);
  });
  const client = view.answeredBy === undefined ? paint("bad", "–  ") : view.answeredBy.padEnd(3);
  return `${seconds.toFixed(2).padStart(7)}   ${columns.join("   ")}   ${client}   ${text}`;
}

/** Formats a duration: `0.4 ms`, `614 ms`, `3.65 s`. */
export function renderMillis(millis: number): string {
  if (millis > 0 && millis < 10) return `${millis.toFixed(1)} ms`;
  return millis < 1000 ? `${Math.round(millis)} ms` : `${(millis / 1000).toFixed(2)} s`;
}

/** Renders a table. The first row is the heading; the first column is left-aligned, the others right-aligned. */
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
  /** The node that loses the address with this entry. */
  readonly loser?: NodeName;
}

// Lines, address changes and probe reports arrive with different delays. Entries are held back this long, so that they
// can be sorted.
const orderMillis = 300;

/** Shows events in the order in which they happened, after a short delay. */
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

  #insert(entry: Entry): void {
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

  #printLine(at: number, text: string): void {
    const seconds = (at - (this.#begin ?? at)) / 1000;
    this.#print(renderLine(seconds, this.#view, text, this.#paint));
  }

  /** Adds an event that happened at `at`; `change` updates the columns. */
  add(at: number, text: string, change?: (view: View) => void): void {
    const show = (): void => {
      change?.(this.#view);
      this.#printLine(at, text);
    };
    this.#insert({ at, show });
  }

  /** Adds that a node gained or lost the address at `at`. Renewals are not shown. */
  addHolderChange(at: number, name: NodeName, holds: boolean): void {
    const show = (): void => {
      const node = this.#view.nodes[name];
      if (node.holds === holds) return;
      node.holds = holds;
      if (!holds) this.#printLine(at, `${name} no longer holds the address`);
      else if (this.#isOnBoth(name))
        this.#printLine(at, this.#paint("bad", `both nodes hold the address`));
      else this.#printLine(at, this.#paint("good", `${name} holds the address`));
    };
    this.#insert(holds ? { at, show } : { at, show, loser: name });
  }

  /** Whether the other node holds the address too and is not about to lose it, as it is at a takeover. */
  #isOnBoth(name: NodeName): boolean {
    const { r1, r2 } = this.#view.nodes;
    const other = name === "r1" ? r2 : r1;
    const soonLost = this.#entries.some(({ loser }) => loser !== undefined && loser !== name);
    return other.holds && !soonLost;
  }

  /** Adds a heading at the present time. */
  addHeading(text: string): void {
    const show = (): void => {
      this.#print("");
      this.#print(text);
    };
    this.#insert({ at: wallMillis(), show });
  }

  /** Shows pending entries; later ones are ignored. */
  close(): void {
    clearInterval(this.#timer);
    this.#flush(Number.POSITIVE_INFINITY);
    this.#isClosed = true;
  }
}
