// Measures start-up times of commands and of the daemon, the time to replace a killed child, and the memory of a small
// configuration.

import { spawn, spawnSync } from "node:child_process";
import { startTcpdump } from "../lab/capture.ts";
import { sleep, until, wallMillis } from "../lab/clock.ts";
import type { Host } from "../lab/host.ts";
import { createLab } from "../lab/lab.ts";
import { readProcess, send } from "../lab/processes.ts";
import type { Program } from "../lab/program.ts";
import type { Report } from "./report.ts";
import { measureRounds, roundsRow } from "./rounds.ts";
import { daemonCommand, programs, type Side, sides, writeConfig } from "./sides.ts";
import { least, median } from "./statistics.ts";
import { atMost, type Row } from "./table.ts";
import { privateDirtyMebibytes } from "./usage.ts";

/** The fastest run of a command counts: other load only adds time. */
const commandRunsPerRound = 5;
const advertTimeoutMillis = 15_000;
/** V8 collects its whole heap about 10 s after a process has become idle. */
const warmUpMillis = 14_000;

const commandLimitMillis = 60;
const firstAdvertLimitMillis = 350;
const resumeLimitMillis = 200;
const memoryLimitMebibytes = 20;

const ownAddress = "10.100.0.1";
const floatingAddress = "10.100.1.1";
const configPath = "/etc/keepalived/keepalived.conf";

/** An address owner sends its first advert as soon as possible. */
const ownersConfig = `global_defs {
    router_id owner
}
vrrp_instance VI_1 {
    state MASTER
    interface eth0
    virtual_router_id 51
    priority 255
    advert_int 1
    virtual_ipaddress {
        ${floatingAddress}
    }
}
`;

/** The rows that `measureStart` reports. */
export interface StartParts {
  readonly start: boolean;
  readonly memory: boolean;
}

type Samples = { readonly [side in Side]: number[] };

function noSamples(): Samples {
  return { holdfast: [], keepalived: [] };
}

/** Measures both sides in alternating rounds and reports the wanted rows. */
export async function measureStart(
  rounds: number,
  wanted: StartParts,
  report: Report,
): Promise<void> {
  const lab = await createLab({ name: "start", watchAddresses: false });
  try {
    const host = await lab.addHost("owner");
    const lan = await lab.addSwitch("lan");
    await host.connect(lan, { interface: "eth0", address: `${ownAddress}/16` });
    writeConfig(host, ownersConfig);
    if (wanted.start) {
      await measureCommands(host, rounds, report);
      await measureDaemon(host, rounds, report);
    }
    if (wanted.memory) await measureMemory(host, report);
  } finally {
    await lab.close();
  }
}

async function measureCommands(host: Host, rounds: number, report: Report): Promise<void> {
  const bare: number[] = [];
  const version = noSamples();
  const test = noSamples();
  for (let round = 1; round <= rounds; round += 1) {
    report.progress(`commands: round ${round} of ${rounds}`);
    for (let run = 0; run < commandRunsPerRound; run += 1) {
      bare.push(timeOf(host, [process.execPath, "-e", "0"]));
      for (const side of sides) {
        version[side].push(timeOf(host, [...programs[side], "-v"]));
        test[side].push(timeOf(host, [...programs[side], "-t", "-f", configPath]));
      }
    }
  }
  const bareMillis = least(bare);
  const row = (label: string, samples: Samples, target: Row["target"]): Row => {
    const holdfast = least(samples.holdfast);
    return {
      part: "start",
      label: `${label}: beyond node -e 0 (keepalived: in all)`,
      unit: "ms",
      digits: 1,
      holdfast:
        holdfast === undefined || bareMillis === undefined ? undefined : holdfast - bareMillis,
      keepalived: least(samples.keepalived),
      target,
      samples,
    };
  };
  report.note(`node -e 0 takes ${bareMillis?.toFixed(1)} ms`);
  report.row(row("-v", version, atMost(commandLimitMillis, `${commandLimitMillis} ms`)));
  report.row(row("-t on a small file", test, undefined));
}

/** Run time of a command in the host, including nsenter. */
function timeOf(host: Host, argv: readonly string[]): number {
  const [command = "false", ...words] = [...host.enter, ...argv];
  const from = performance.now();
  spawnSync(command, words, { stdio: "ignore" });
  return performance.now() - from;
}

/** One round of a daemon. */
interface DaemonRound {
  readonly firstAdvertMillis: number;
  readonly resumedMillis: number;
}

async function measureDaemon(host: Host, rounds: number, report: Report): Promise<void> {
  const adverts = await startTcpdump(host, {
    interface: "eth0",
    filter: `ip proto 112 and src ${ownAddress}`,
    words: ["--immediate-mode", "-tt"],
  });
  const done = await measureRounds("start", rounds, report, (side) =>
    runDaemon(host, side, adverts),
  );
  await adverts.stop();
  const row = (label: string, pick: (round: DaemonRound) => number, limitMillis: number): Row =>
    roundsRow(done, pick, {
      part: "start",
      label,
      unit: "ms",
      digits: 0,
      target: atMost(limitMillis, `${limitMillis} ms`),
    });
  report.row(
    row(
      "an owner: from exec to its first advert",
      ({ firstAdvertMillis }) => firstAdvertMillis,
      firstAdvertLimitMillis,
    ),
  );
  report.row(
    row(
      "an owner's killed child: to the next advert",
      ({ resumedMillis }) => resumedMillis,
      resumeLimitMillis,
    ),
  );
}

async function runDaemon(host: Host, side: Side, adverts: Program): Promise<DaemonRound> {
  const daemon = startTimed(host, side);
  try {
    const startedAt = Number((await daemon.waitForLine(/^started /)).text.split(" ")[1]) * 1000;
    const firstAdvertMillis = (await nextAdvert(adverts, startedAt)) - startedAt;
    // Let the child settle first.
    await nextAdvert(adverts, wallMillis() + 1_000);
    const killedAt = killChild(daemon);
    return { firstAdvertMillis, resumedMillis: (await nextAdvert(adverts, killedAt)) - killedAt };
  } finally {
    await daemon.stop(3_000);
    await daemon.killAll();
  }
}

/**
 * Starts a daemon that prints `started SECONDS` just before its exec. It gets no NODE_EXTRA_CA_CERTS, as from a service
 * manager: a shell's certificates take Node 50 ms before it runs anything.
 */
function startTimed(host: Host, side: Side): Program {
  const script = `unset NODE_EXTRA_CA_CERTS; echo "started $EPOCHREALTIME"; exec "$@" 2>/dev/null`;
  return host.spawn(["bash", "-c", script, "bash", ...daemonCommand(side)]);
}

/** Waits for an advert sent after `since`; returns its time. Both in wall-clock milliseconds. */
function nextAdvert(adverts: Program, since: number): Promise<number> {
  return until(
    "an advert",
    () =>
      adverts.lines
        .map(({ text }) => Number(/^([0-9.]+) IP .*VRRP/.exec(text)?.[1] ?? 0) * 1000)
        .find((at) => at > since),
    advertTimeoutMillis,
  );
}

/** Kills the child with SIGKILL; returns the time. */
function killChild(daemon: Program): number {
  const child = daemon.processes().find((process) => process.parentPid === daemon.pid);
  if (child === undefined) throw new Error("the daemon has no child");
  const at = wallMillis();
  send(child.pid, "SIGKILL");
  return at;
}

async function measureMemory(host: Host, report: Report): Promise<void> {
  const samples = noSamples();
  for (const side of sides) {
    report.progress(`memory of one instance: ${side}`);
    const daemon = startTimed(host, side);
    try {
      await sleep(warmUpMillis);
      samples[side].push(privateDirtyMebibytes(daemon.processes()));
    } finally {
      await daemon.stop(3_000);
      await daemon.killAll();
    }
  }
  report.note(`two bare Nodes hold ${(2 * (await bareMebibytes())).toFixed(1)} MiB`);
  report.row({
    part: "memory",
    label: "one instance: private dirty memory of all processes",
    unit: "MiB",
    digits: 1,
    holdfast: median(samples.holdfast),
    keepalived: median(samples.keepalived),
    target: atMost(memoryLimitMebibytes, `${memoryLimitMebibytes} MiB`),
    samples,
  });
}

/** Memory of an idle Node process. */
async function bareMebibytes(): Promise<number> {
  const bare = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e9)"], { stdio: "ignore" });
  try {
    await sleep(2_000);
    const info = readProcess(bare.pid ?? 0);
    return info === undefined ? Number.NaN : privateDirtyMebibytes([info]);
  } finally {
    bare.kill("SIGKILL");
  }
}
