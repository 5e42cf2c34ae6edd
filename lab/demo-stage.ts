// The demo's two nodes and its client while the acts are played: what is done to them, and what they say.

import type { AddressChange } from "./address-watch.ts";
import { sleep, until, wallMillis } from "./clock.ts";
import { type GapClient, startGapClient } from "./gap-client.ts";
import type { Host } from "./host.ts";
import type { Lab } from "./lab.ts";
import type { PairA } from "./pair-a.ts";
import { pairAAddress } from "./pair-configs.ts";
import type { ProbeReport } from "./probe-message.ts";
import { innerPid } from "./processes.ts";
import type { OutputLine, Program } from "./program.ts";
import { type NodeLife, type NodeName, type Paint, renderMillis, Timeline } from "./timeline.ts";

/** What runs on the nodes. */
export interface DaemonCommand {
  readonly name: string;
  readonly argv: readonly string[];
}

interface Node {
  readonly host: Host;
  daemon: Program | undefined;
  life: NodeLife;
}

interface Setting {
  readonly lab: Lab;
  readonly pair: PairA;
  readonly daemon: DaemonCommand;
  readonly paint: Paint;
  readonly print: (text: string) => void;
}

/** The lines of a daemon that tell why something changed. */
const tellingLines =
  /Entering (?:MASTER|BACKUP|FAULT) STATE|effective priority|higher priority|VRRP_Script.*(?:fail|succe)|\blease\b|asleep|woke|resum|unexpectedly|died|priority 0|not implemented|unknown/i;

/** What stands before a daemon's words: the time, and where it logs so the process. */
const linePrefix = /^(?:\w{3} \w{3} +\d+ [\d:.]+ \d{4}: )?(?:Keepalived\w*(?:\[\d+\])?: )?/;

/** The stage. Opened by `DemoStage.open`. */
export class DemoStage {
  readonly client: GapClient;
  readonly #setting: Setting;
  readonly #timeline: Timeline;
  readonly #nodes: Readonly<Record<NodeName, Node>>;

  private constructor(setting: Setting, timeline: Timeline, client: GapClient) {
    this.#setting = setting;
    this.#timeline = timeline;
    this.client = client;
    const makeNode = (host: Host): Node => ({ host, daemon: undefined, life: "absent" });
    this.#nodes = { r1: makeNode(setting.pair.r1), r2: makeNode(setting.pair.r2) };
  }

  /** Starts the client and raises the curtain. */
  static async open(setting: Setting): Promise<DemoStage> {
    const timeline = new Timeline(setting.paint, setting.print);
    const client = await startGapClient(setting.pair.client, {
      address: pairAAddress,
      onReport: (report) => tellClient(timeline, setting.paint, report),
    });
    return new DemoStage(setting, timeline, client);
  }

  /** The host of a node. */
  host(name: NodeName): Host {
    return this.#nodes[name].host;
  }

  /** Heads an act. */
  announce(title: string, why: string): void {
    const { paint } = this.#setting;
    this.#timeline.head(`${paint("strong", title)}  ${paint("faint", why)}`);
  }

  /** Shows what is done to a node, and what its daemon is from then on. */
  does(name: NodeName, what: string, life?: NodeLife): void {
    if (life !== undefined) this.#nodes[name].life = life;
    this.#timeline.tell(
      wallMillis(),
      this.#setting.paint("strong", `${name} # ${what}`),
      (view) => {
        if (life !== undefined) view.nodes[name].life = life;
      },
    );
  }

  /** Shows that an address came or went. */
  tellAddress(change: AddressChange): void {
    const { host: name, at } = change;
    if (change.address !== pairAAddress || (name !== "r1" && name !== "r2")) return;
    this.#timeline.tellHolder(at, name, change.kind === "added");
  }

  #tellLine(name: NodeName, line: OutputLine): void {
    if (!tellingLines.test(line.text)) return;
    const text = line.text.replace(linePrefix, "");
    this.#timeline.tell(line.at, this.#setting.paint("faint", `${name} says: ${text}`));
  }

  /** Starts the daemon of a node. */
  start(name: NodeName): void {
    const node = this.#nodes[name];
    const { daemon, paint } = this.#setting;
    this.does(name, `${daemon.name} -n -l -D -f keepalived.conf`, "running");
    const program = node.host.spawn(daemon.argv, {
      onLine: (line) => this.#tellLine(name, line),
    });
    node.daemon = program;
    void program.ended.then(({ code, signal }) => {
      if (node.daemon !== program || node.life !== "running") return;
      node.life = "dead";
      const last = program.lines.slice(-10).map((line) => `\n      | ${line.text}`);
      const text = `${name}'s daemon ended: ${signal ?? `status ${code}`}`;
      this.#timeline.tell(wallMillis(), paint("bad", text) + last.join(""), (view) => {
        view.nodes[name].life = "dead";
      });
    });
  }

  #running(name: NodeName): Program {
    const { daemon } = this.#nodes[name];
    if (daemon === undefined) throw new Error(`${name} runs nothing`);
    return daemon;
  }

  /** Kills every process of a node's daemon. */
  async kill(name: NodeName): Promise<void> {
    const daemon = this.#running(name);
    this.does(name, `kill -9 ${pidsOf(daemon)}`, "dead");
    await daemon.killAll();
  }

  /** Kills the process alone that speaks VRRP. */
  killChild(name: NodeName): void {
    const daemon = this.#running(name);
    const child = daemon.processes().find((process) => process.parentPid === daemon.pid);
    if (child === undefined) throw new Error(`${name}'s daemon has no child`);
    this.does(name, `kill -9 ${innerPid(child.pid)}`);
    process.kill(child.pid, "SIGKILL");
  }

  /** Freezes every process of a node's daemon. */
  async freeze(name: NodeName): Promise<void> {
    const daemon = this.#running(name);
    this.does(name, `kill -STOP ${pidsOf(daemon)}`, "frozen");
    await daemon.freeze();
  }

  /** Lets a frozen daemon go on. */
  thaw(name: NodeName): void {
    const daemon = this.#running(name);
    this.does(name, `kill -CONT ${pidsOf(daemon)}`, "running");
    daemon.thaw();
  }

  /** Stops a node's daemon in good order. */
  async stop(name: NodeName): Promise<void> {
    const daemon = this.#running(name);
    this.does(name, `kill -TERM ${innerPid(daemon.pid ?? 0)}`);
    this.#nodes[name].life = "absent";
    await daemon.stop();
    this.#timeline.tell(wallMillis(), `${name}'s daemon has ended`, (view) => {
      view.nodes[name].life = "absent";
    });
  }

  /** Waits until a node holds the address and answers the client, and no other running node holds it. */
  async settles(name: NodeName): Promise<void> {
    const { lab } = this.#setting;
    const isRunning = (host: string): boolean =>
      (host === "r1" || host === "r2") && this.#nodes[host].life === "running";
    await until(`${name} to take ${pairAAddress}`, () => {
      if (!isRunning(name)) throw new Error(`${name}'s daemon does not run`);
      const running = lab.holders(pairAAddress).filter(isRunning);
      return running.join() === name && this.client.answeredBy() === name ? true : undefined;
    });
  }

  /** Shows what is still to be shown; nothing is shown after that. */
  async close(): Promise<void> {
    for (const node of Object.values(this.#nodes)) node.life = "absent";
    await sleep(0);
    this.#timeline.close();
  }
}

function pidsOf(daemon: Program): string {
  return daemon
    .processes()
    .map((process) => innerPid(process.pid))
    .join(" ");
}

function tellClient(timeline: Timeline, paint: Paint, report: ProbeReport): void {
  if (report.kind === "lost") {
    timeline.tell(report.at, paint("bad", "the client has no answer"), (view) => {
      view.answeredBy = undefined;
    });
  } else if (report.kind === "answered") {
    timeline.tell(report.at, paint("good", `${report.by} answers the client`), (view) => {
      view.answeredBy = report.by;
    });
  } else if (report.kind === "gap") {
    const lost = report.lost === 1 ? "one question" : `${report.lost} questions`;
    const text = `the client lost ${lost} in ${renderMillis(report.millis)}`;
    timeline.tell(report.to, paint("strong", text), (view) => {
      view.answeredBy = report.after;
    });
  }
}
