// What the lab tests of whole daemons share: starting them, a plain pair of nodes, and reading what they say.

import assert from "node:assert/strict";
import { join } from "node:path";
import { projectRoot } from "../../lab/anchor.ts";
import { until } from "../../lab/clock.ts";
import type { Host, HostOptions } from "../../lab/host.ts";
import { createLab, type Lab } from "../../lab/lab.ts";
import { configPath } from "../../lab/pair-a.ts";
import type { OutputLine, Program } from "../../lab/program.ts";
import type { TimedTest } from "../support/timed-test.ts";

/** The launcher, on the machine and in every host. */
export const launcher: string = join(projectRoot, "bin/holdfast");

/** The words of a node that stays in the foreground and says everything on the console. */
export const foreground: readonly string[] = ["-n", "-l", "-D", "-f", configPath];

/** How a daemon is started on a host. */
export type StartDaemon = (host: Host, words?: readonly string[]) => Program;

export const startHoldfast: StartDaemon = (host, words = foreground) =>
  host.spawn([process.execPath, launcher, ...words]);

export const startKeepalived: StartDaemon = (host, words = foreground) =>
  host.spawn(["keepalived", ...words]);

/** The address that a plain pair hands over. */
export const floatingAddress = "10.77.0.100";

/** The interface of a plain pair's nodes. */
export const pairInterface = "eth0";

/** The addresses of a plain pair's nodes. */
export const nodeAddresses = ["10.77.0.1", "10.77.0.2"] as const;

/** Two hosts on one switch. */
export interface PlainPair {
  /** 10.77.0.1. */
  readonly high: Host;
  /** 10.77.0.2. */
  readonly low: Host;
}

/** Makes the hosts of a plain pair; nothing is configured or started. */
export async function buildPlainPair(lab: Lab, options: HostOptions = {}): Promise<PlainPair> {
  const network = await lab.addSwitch();
  const [high, low] = await Promise.all(
    (["high", "low"] as const).map(async (name, index) => {
      const host = await lab.addHost(name, options);
      const address = `${nodeAddresses[index]}/24`;
      await host.connect(network, { interface: pairInterface, address });
      return host;
    }),
  );
  assert.ok(high !== undefined && low !== undefined);
  return { high, low };
}

/** What differs between the instances of plain configurations. */
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
  /** More lines of the block. */
  readonly lines?: readonly string[];
}

/** Renders a vrrp_instance of state BACKUP with adverts every second. */
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

/** What a daemon said on its console since the line of index `from`, without the time before each line. */
export function saidBy(program: Program, from = 0): string[] {
  return program.lines.slice(from).map((line) => line.text.replace(linePrefix, ""));
}

/**
 * Asserts that lines like these come in this order, others in between. What a daemon did is seen before its words
 * for it are read, so this waits for each of them.
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
    const said = saidBy(program, from).join("\n");
    assert.ok(line !== undefined, `no ${pattern} after line ${next - from} of:\n${said}`);
    next = program.lines.indexOf(line) + 1;
  }
}

/** Asserts that no line from index `from` on matches. */
export function assertSilent(program: Program, pattern: RegExp, from = 0): void {
  const said = saidBy(program, from).filter((text) => pattern.test(text));
  assert.deepEqual(said, [], `of ${program.argv.join(" ")}:\n${program.text()}`);
}

/** The lines that tell of a change of state. */
export const transition: RegExp = /Entering (?:MASTER|BACKUP|FAULT) STATE/;

/** Sends `signal` and waits for a line that comes after it. */
export function signalAndWait(
  program: Program,
  signal: NodeJS.Signals | number,
  pattern: RegExp,
): Promise<OutputLine> {
  const from = program.lines.length;
  assert.ok(program.signal(signal), `${program.argv.join(" ")} is gone:\n${program.text()}`);
  return program.waitForLine(pattern, undefined, from);
}

/** Waits until a file of `host` is there and satisfies `accept`; gives its text. */
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

/** Makes a file that the scripts of every user may write. */
export function makeOpenFile(host: Host, path: string): void {
  host.write(path, "", 0o666);
}

/** Two adverts of a tenth of a second and it is master: for tests of what happens around that. */
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

/** A host alone in its lab. */
export interface SingleNode {
  readonly lab: Lab;
  readonly host: Host;
}

/** What a single node has beside its configuration. */
export interface SingleNodeFiles {
  /** The texts of scripts by their names in /etc/keepalived. */
  readonly scripts?: Readonly<Record<string, string>>;
  /** Paths of empty files that every script may write. */
  readonly openFiles?: readonly string[];
}

/** A lab of one host, which ends with the test; no daemon is started. One that is would be master at once. */
export async function buildSingleNode(
  t: TimedTest,
  name: string,
  config: string = renderQuickInstance(),
  { scripts = {}, openFiles = [] }: SingleNodeFiles = {},
): Promise<SingleNode> {
  const lab = await createLab({ name });
  t.after(() => lab.close());
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
