// Shared by the lab tests of whole daemons: starting them, a plain pair of nodes, and checks of their log lines.

import assert from "node:assert/strict";
import { join } from "node:path";
import { projectRoot } from "../../lab/anchor.ts";
import { until } from "../../lab/clock.ts";
import type { Host } from "../../lab/host.ts";
import { createLab, type Lab } from "../../lab/lab.ts";
import { configPath } from "../../lab/pair-a.ts";
import type { OutputLine, Program } from "../../lab/program.ts";
import type { TimedTest } from "../support/timed-test.ts";

/** Path of the launcher, the same on the machine and in every host. */
export const launcher: string = join(projectRoot, "bin/holdfast");

/** Arguments of a daemon that stays in the foreground and logs everything to the console. */
export const foreground: readonly string[] = ["-n", "-l", "-D", "-f", configPath];

/** How a daemon is started on a host. */
export type StartDaemon = (host: Host, words?: readonly string[]) => Program;

export const startHoldfast: StartDaemon = (host, words = foreground) =>
  host.spawn([process.execPath, launcher, ...words]);

export const startKeepalived: StartDaemon = (host, words = foreground) =>
  host.spawn(["keepalived", ...words]);

/** The floating address of a plain pair. */
export const floatingAddress = "10.77.0.100";

/** The interface of a plain pair's nodes. */
export const pairInterface = "eth0";

/** The addresses of a plain pair's nodes. */
export const nodeAddresses = ["10.77.0.1", "10.77.0.2"] as const;

/** Creates a lab that is closed at the end of the test. */
export async function openLab(t: Pick<TimedTest, "after">, name: string): Promise<Lab> {
  const lab = await createLab({ name });
  t.after(() => lab.close());
  return lab;
}

/** A lab with two hosts on one switch. */
export interface PlainPair {
  readonly lab: Lab;
  /** 10.77.0.1. */
  readonly high: Host;
  /** 10.77.0.2. */
  readonly low: Host;
}

/** Builds a plain pair, closed at the end of the test, without configuration or daemons. */
export async function buildPlainPair(t: TimedTest, labName: string): Promise<PlainPair> {
  const lab = await openLab(t, labName);
  const network = await lab.addSwitch();
  const [high, low] = await Promise.all(
    (["high", "low"] as const).map(async (name, index) => {
      const host = await lab.addHost(name);
      const address = `${nodeAddresses[index]}/24`;
      await host.connect(network, { interface: pairInterface, address });
      return host;
    }),
  );
  assert.ok(high !== undefined && low !== undefined);
  return { lab, high, low };
}

/** The settings in which instances of plain configurations differ. */
export interface PlainInstance {
  /** Default VI_1. */
  readonly name?: string;
  /** Default the pair's. */
  readonly interface?: string;
  readonly priority: number;
  /** Default 51. */
  readonly virtualRouterId?: number;
  /** With prefix lengths; default the floating address. */
  readonly addresses?: readonly string[];
  /** Additional lines of the block. */
  readonly lines?: readonly string[];
}

/** Renders a vrrp_instance in state BACKUP with adverts every second. */
export function renderInstance(instance: PlainInstance): string {
  const addresses = instance.addresses ?? [`${floatingAddress}/24`];
  return `vrrp_instance ${instance.name ?? "VI_1"} {
    state BACKUP
    interface ${instance.interface ?? pairInterface}
    virtual_router_id ${instance.virtualRouterId ?? 51}
    priority ${instance.priority}
    advert_int 1
${(instance.lines ?? []).map((line) => `    ${line}\n`).join("")}    virtual_ipaddress {
${addresses.map((address) => `        ${address}\n`).join("")}    }
}
`;
}

const linePrefix = /^\w{3} \w{3} +\d+ [\d:]+ \d{4}: /;

/** The log lines of a daemon at index `from` and later, without timestamps. */
export function loggedBy(program: Program, from = 0): string[] {
  return program.lines.slice(from).map((line) => line.text.replace(linePrefix, ""));
}

/**
 * Asserts that matching lines are logged in this order, possibly with others in between. Waits for each of them: the
 * effect of an action can be visible before its log line is read.
 */
export async function assertInOrder(
  program: Program,
  patterns: readonly RegExp[],
  from = 0,
): Promise<void> {
  let next = from;
  for (const pattern of patterns) {
    const bare = new RegExp(pattern.source.replace(/^\^/, ""), pattern.flags);
    const line = await program.waitForLine(bare, undefined, next).catch(() => undefined);
    const logged = loggedBy(program, from).join("\n");
    assert.ok(line !== undefined, `no ${pattern} after line ${next - from} of:\n${logged}`);
    next = program.lines.indexOf(line) + 1;
  }
}

/** Asserts that no line at index `from` or later matches. */
export function assertNotLogged(program: Program, pattern: RegExp, from = 0): void {
  const logged = loggedBy(program, from).filter((text) => pattern.test(text));
  assert.deepEqual(logged, [], `of ${program.argv.join(" ")}:\n${program.text()}`);
}

/** Log lines of state transitions. */
export const transition: RegExp = /Entering (?:MASTER|BACKUP|FAULT) STATE/;

/** Sends `signal` and waits for a matching line logged after it. */
export function signalAndWait(
  program: Program,
  signal: NodeJS.Signals | number,
  pattern: RegExp,
): Promise<OutputLine> {
  const from = program.lines.length;
  assert.ok(program.signal(signal), `${program.argv.join(" ")} is gone:\n${program.text()}`);
  return program.waitForLine(pattern, undefined, from);
}

/** Waits until no process of a program is left. */
export async function waitUntilGone(program: Program): Promise<void> {
  await until("the end of all processes", () => program.processes().length === 0 || undefined);
}

/** Waits until a file of `host` exists and `accept` returns true for its text; returns the text. */
export function waitForFile(
  host: Host,
  path: string,
  accept: (text: string) => boolean = () => true,
): Promise<string> {
  return until(`${path} on ${host.name}`, () => {
    try {
      const text = host.read(path);
      return accept(text) ? text : undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  });
}

/** SIGRTMIN+2: dump the state as JSON. */
export const jsonSignal = 36;

/** SIGRTMAX-1: dump the statistics and clear them. */
export const statsClearSignal = 63;

/** The file that `jsonSignal` writes. */
export const jsonDump = "/tmp/keepalived.json";

/** Creates an empty file that scripts of any user can write. */
export function makeOpenFile(host: Host, path: string): void {
  host.write(path, "", 0o666);
}

/** Renders an instance that becomes MASTER within half a second, for tests that only need it in that state. */
export function renderQuickInstance(lines: readonly string[] = []): string {
  return `vrrp_instance VI_1 {
    state BACKUP
    interface ${pairInterface}
    virtual_router_id 51
    version 3
    advert_int 0.1
${lines.map((line) => `    ${line}\n`).join("")}    virtual_ipaddress {
        ${floatingAddress}/24
    }
}
`;
}

/** A lab with a single host. */
export interface SingleNode {
  readonly lab: Lab;
  readonly host: Host;
}

/** Additional files of a single node. */
export interface SingleNodeFiles {
  /** Scripts in /etc/keepalived: text by file name. */
  readonly scripts?: Readonly<Record<string, string>>;
  /** Paths of empty files that any script can write. */
  readonly openFiles?: readonly string[];
}

/** Builds a lab with one host, closed at the end of the test. Starts no daemon. */
export async function buildSingleNode(
  t: TimedTest,
  name: string,
  config: string = renderQuickInstance(),
  { scripts = {}, openFiles = [] }: SingleNodeFiles = {},
): Promise<SingleNode> {
  const lab = await openLab(t, name);
  const host = await lab.addHost("node");
  const network = await lab.addSwitch();
  await host.connect(network, { interface: pairInterface, address: `${nodeAddresses[0]}/24` });
  host.write(configPath, config);
  for (const [file, text] of Object.entries(scripts)) {
    host.write(`/etc/keepalived/${file}`, text, 0o755);
  }
  for (const path of openFiles) makeOpenFile(host, path);
  return { lab, host };
}
