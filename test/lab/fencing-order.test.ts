// The order of address changes and adverts: an address is removed before the node resigns.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { startTcpdump } from "../../lab/capture.ts";
import { until } from "../../lab/clock.ts";
import { send } from "../../lab/processes.ts";
import { it } from "../support/timed-test.ts";
import {
  buildPair,
  configFile,
  type FencingPair,
  floating,
  instances,
  type NodeOptions,
  pairConfig,
  startDaemon,
  waitForChild,
  waitForResignations,
} from "./fencing-pair.ts";

/** Enough that removing or adding them takes longer than the backup needs to take over. */
const CROWD = 500;

/** With version 3 and so short an interval the skew rounds to zero: a backup takes over on priority 0 at once. */
const noSkew: NodeOptions = { advertSeconds: 0.8, instance: "version 3" };

const crowd: readonly string[] = Array.from(
  { length: CROWD },
  (_, index) => `10.77.${index >> 6}.${(index & 63) + 1}`,
);

/** Configures the pair with many excluded addresses in r1's first instance, which delay the other instances. */
function writeCrowd(pair: FencingPair): void {
  const lines = crowd.map((address) => `        ${address}/32\n`).join("");
  const config = pairConfig(0, noSkew);
  const place = config.indexOf("virtual_ipaddress");
  const block = `virtual_ipaddress_excluded {\n${lines}    }\n    `;
  pair.r1.write(configFile, config.slice(0, place) + block + config.slice(place));
  pair.r2.write(configFile, pairConfig(1, noSkew));
}

async function startCrowd(
  pair: FencingPair,
  options: readonly string[] = [],
): ReturnType<FencingPair["start"]> {
  writeCrowd(pair);
  const daemons = await pair.start(options);
  await pair.waitForHolders([pair.r1], undefined, crowd);
  return daemons;
}

/** Waits until r2 has taken over, and asserts that there was no overlap. */
async function waitForTakeover(pair: FencingPair): Promise<void> {
  await pair.waitForHolders([pair.r2]);
  await pair.waitForHolders([], undefined, crowd);
  pair.assertNoOverlap();
}

/** Time from the first to the last removal of an address on r1; milliseconds. */
function removalMillis(pair: FencingPair): number {
  const ends = crowd.map((address) => pair.lab.holdings(address)[0]?.to ?? Number.NaN);
  return Math.max(...ends) - Math.min(...ends);
}

describe("the order of addresses and adverts", { concurrency: true }, () => {
  it("a stopping daemon removes its addresses, then resigns, within a second", async (t) => {
    const pair = await buildPair(t, "stop");
    const { first, second } = await startCrowd(pair);
    const packets = await startTcpdump(pair.r2, { interface: "eth0" });
    const from = performance.now();
    const { code } = await first.stop();
    const lasted = performance.now() - from;
    assert.equal(code, 0);
    t.diagnostic(`the stop took ${lasted.toFixed(0)} ms`);
    await waitForTakeover(pair);
    t.diagnostic(`${CROWD} addresses removed in ${removalMillis(pair).toFixed(0)} ms`);
    assert.ok(lasted < 1_000, `it took ${lasted} ms`);
    for (const { name, virtualRouterId } of instances) {
      await packets.waitForLine(
        new RegExp(`192\\.168\\.7\\.1 > 224\\.0\\.0\\.18: .*vrid ${virtualRouterId}, prio 0,`),
      );
      await second.waitForLine(new RegExp(`\\(${name}\\) Backup received priority 0`));
    }
  });

  it("the parent does the same for a dead process that it does not restart", async (t) => {
    const pair = await buildPair(t, "behind");
    const { first, second } = await startCrowd(pair, ["-R"]);
    send((await waitForChild(first)).pid, "SIGKILL");
    await waitForTakeover(pair);
    t.diagnostic(`${CROWD} addresses removed in ${removalMillis(pair).toFixed(0)} ms`);
    await waitForResignations(second);
  });

  it("a new MASTER sends its advert, then adds its addresses, then announces them", async (t) => {
    const pair = await buildPair(t, "become");
    // Capture at the sender, where the kernel's timestamps are those of sending.
    const packets = await startTcpdump(pair.r1, {
      interface: "eth0",
      filter: "ip proto 112 or (arp and ether broadcast)",
      words: ["-tt"],
    });
    writeCrowd(pair);
    const first = startDaemon(pair.r1);
    await pair.waitForHolders([pair.r1], undefined, [...floating, ...crowd]);
    const captured = (): { at: number; text: string }[] =>
      packets.lines.flatMap(({ stream, text }) =>
        stream === "stdout" ? [{ at: Number(text.split(" ")[0]) * 1_000, text }] : [],
      );
    for (const { virtualRouterId, addresses } of instances) {
      for (const address of addresses) {
        const [name = ""] = address.split("/");
        const isArp = ({ text }: { text: string }): boolean =>
          text.includes(`Request who-has ${name} `) && text.includes(`tell ${name},`);
        await until(`five announcements of ${name}`, () => {
          return captured().filter(isArp).length >= 5 || undefined;
        });
        const lines = captured();
        const advert = lines.findIndex(({ text }) => text.includes(`vrid ${virtualRouterId},`));
        assert.ok(advert >= 0 && advert < lines.findIndex(isArp), `the advert before ${name}`);
        // The monitor's timestamps are slightly late, so an address that seems to be earlier was.
        const early = (lines[advert]?.at ?? 0) - (pair.lab.holdings(name)[0]?.from ?? 0);
        assert.ok(early <= 0, `${name} was set ${early.toFixed(3)} ms before the advert`);
      }
    }
    await first.stop();
  });
});
