// Runs the demo's daemons and client, and shows commands, log lines and address changes on the timeline.

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

/** The daemon that runs on both nodes. */
export interface DaemonCommand {
  readonly name: string;
  readonly argv: readonly string[];
}

interface Node {
  readonly host: Host;
  daemon: Program | undefined;
  life: NodeLife;
}

interface StageOptions {
  readonly lab: Lab;
  readonly pair: PairA;
  readonly daemon: DaemonCommand;
  readonly paint: Paint;
  readonly print: (text: string) => void;
}

/** Log lines that explain a change of state. */
const relevantLines =
  /Entering (?:MASTER|BACKUP|FAULT) STATE|effective priority|higher priority|VRRP_Script.*(?:fail|succe)|\blease\b|asleep|woke|resum|unexpectedly|died|priority 0|not implemented|unknown/i;

/** The prefix of a log line: the time and, for keepalived, the process name. */
const linePrefix = /^(?:\w{3} \w{3} +\d+ [\d:.]+ \d{4}: )?(?:Keepalived\w*(?:\[\d+\])?: )?/;

/** The running demo. Created by `DemoStage.open`. */
export class DemoStage {
  readonly client: GapClient;
  readonly #options: StageOptions;
  readonly #timeline: Timeline;
  readonly #nodes: Readonly<Record<NodeName, Node>>;

  private constructor(options: StageOptions, timeline: Timeline, client: GapClient) {
    this.#options = options;
    this.#timeline = timeline;
    this.client = client;
    const makeNode = (host: Host): Node => ({ host, daemon: undefined, life: "absent" });
    this.#nodes = { r1: makeNode(options.pair.r1), r2: makeNode(options.pair.r2) };
  }

  /** Starts the timeline and the client. */
  static async open(options: StageOptions): Promise<DemoStage> {
    const timeline = new Timeline(options.paint, options.print);
    const client = await startGapClient(options.pair.client, {
      address: pairAAddress,
      onReport: (report) => showReport(timeline, options.paint, report),
    });
    return new DemoStage(options, timeline, client);
  }

  /** The lab host of a node. */
  host(name: NodeName): Host {
    return this.#nodes[name].host;
  }

  /** Shows the heading of an act. */
  showHeading(title: string, why: string): void {
    const { paint } = this.#options;
    this.#timeline.addHeading(`${paint("strong", title)}  ${paint("faint", why)}`);
  }

  /** Shows a command run on a node. `life` is the state of its daemon from then on, if it changes. */
  showCommand(name: NodeName, command: string, life?: NodeLife): void {
    if (life !== undefined) this.#nodes[name].life = life;
    this.#timeline.add(
      wallMillis(),
      this.#options.paint("strong", `${name} # ${command}`),
      (view) => {
        if (life !== undefined) view.nodes[name].life = life;
      },
    );
  }

  /** Shows that the floating address was added to or removed from a node. */
  showAddressChange(change: AddressChange): void {
    const { host: name, at } = change;
    if (change.address !== pairAAddress || (name !== "r1" && name !== "r2")) return;
    this.#timeline.addHolderChange(at, name, change.kind === "added");
  }

  #showLine(name: NodeName, line: OutputLine): void {
    if (!relevantLines.test(line.text)) return;
    const text = line.text.replace(linePrefix, "");
    this.#timeline.add(line.at, this.#options.paint("faint", `${name} logs: ${text}`));
  }

  /** Starts the daemon of a node. */
  start(name: NodeName): void {
    const node = this.#nodes[name];
    const { daemon, paint } = this.#options;
    this.showCommand(name, `${daemon.name} -n -l -D -f keepalived.conf`, "running");
    const program = node.host.spawn(daemon.argv, {
      onLine: (line) => this.#showLine(name, line),
    });
    node.daemon = program;
    void program.ended.then(({ code, signal }) => {
      if (node.daemon !== program || node.life !== "running") return;
      node.life = "dead";
      const last = program.lines.slice(-10).map((line) => `\n      | ${line.text}`);
      const text = `${name}'s daemon exited: ${signal ?? `status ${code}`}`;
      this.#timeline.add(wallMillis(), paint("bad", text) + last.join(""), (view) => {
        view.nodes[name].life = "dead";
      });
    });
  }

  #running(name: NodeName): Program {
    const { daemon } = this.#nodes[name];
    if (daemon === undefined) throw new Error(`no daemon was started on ${name}`);
    return daemon;
  }

  /** Kills every process of a node's daemon. */
  async kill(name: NodeName): Promise<void> {
    const daemon = this.#running(name);
    this.showCommand(name, `kill -9 ${pidsOf(daemon)}`, "dead");
    await daemon.killAll();
  }

  /** Kills only the VRRP child of a node's daemon. */
  killChild(name: NodeName): void {
    const daemon = this.#running(name);
    const child = daemon.processes().find((process) => process.parentPid === daemon.pid);
    if (child === undefined) throw new Error(`${name}'s daemon has no child`);
    this.showCommand(name, `kill -9 ${innerPid(child.pid)}`);
    process.kill(child.pid, "SIGKILL");
  }

  /** Freezes every process of a node's daemon. */
  async freeze(name: NodeName): Promise<void> {
    const daemon = this.#running(name);
    this.showCommand(name, `kill -STOP ${pidsOf(daemon)}`, "frozen");
    await daemon.freeze();
  }

  /** Resumes a frozen daemon. */
  thaw(name: NodeName): void {
    const daemon = this.#running(name);
    this.showCommand(name, `kill -CONT ${pidsOf(daemon)}`, "running");
    daemon.thaw();
  }

  /** Stops a node's daemon with SIGTERM. */
  async stop(name: NodeName): Promise<void> {
    const daemon = this.#running(name);
    this.showCommand(name, `kill -TERM ${innerPid(daemon.pid ?? 0)}`);
    this.#nodes[name].life = "absent";
    await daemon.stop();
    this.#timeline.add(wallMillis(), `${name}'s daemon has exited`, (view) => {
      view.nodes[name].life = "absent";
    });
  }

  /** Waits until a node answers the client and is the only running node that holds the address. */
  async waitUntilSettled(name: NodeName): Promise<void> {
    const { lab } = this.#options;
    const isRunning = (host: string): boolean =>
      (host === "r1" || host === "r2") && this.#nodes[host].life === "running";
    await until(`${name} to take ${pairAAddress}`, () => {
      if (!isRunning(name)) throw new Error(`${name}'s daemon is not running`);
      const running = lab.holders(pairAAddress).filter(isRunning);
      return running.join() === name && this.client.answeredBy() === name ? true : undefined;
    });
  }

  /** Shows pending entries and ends the timeline. */
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

function showReport(timeline: Timeline, paint: Paint, report: ProbeReport): void {
  switch (report.kind) {
    case "ready":
      return;
    case "lost":
      timeline.add(report.at, paint("bad", "the client gets no answer"), (view) => {
        view.answeredBy = undefined;
      });
      return;
    case "answered":
      timeline.add(report.at, paint("good", `${report.by} answers the client`), (view) => {
        view.answeredBy = report.by;
      });
      return;
    case "gap": {
      const lost = report.lost === 1 ? "one probe" : `${report.lost} probes`;
      const text = `the client lost ${lost} in ${renderMillis(report.millis)}`;
      timeline.add(report.to, paint("strong", text), (view) => {
        view.answeredBy = report.after;
      });
    }
  }
}
