import assert from "node:assert/strict";
import { test } from "node:test";
import {
  COMMAND,
  config,
  instanceConfig,
  interfaceState,
  scriptConfig,
  virtualAddress,
} from "../../../test/support/vrrp-config.ts";
import type { TrackConfig } from "../../config/vrrp/types.ts";
import type { InstanceConfig } from "../../config/vrrp/vrrp-config.ts";
import type { ScriptOutcome } from "../../lib/script.ts";
import type { InterfaceState } from "../event.ts";
import { VrrpNode } from "../node.ts";
import { Step } from "../step.ts";
import { ScriptTracker } from "./script-tracker.ts";
import { type Assessment, assess, faultText, trackedScripts } from "./tracking.ts";

const GOOD: ScriptOutcome = { kind: "exited", status: 0 };
const BAD: ScriptOutcome = { kind: "exited", status: 1 };

function track(name: string, weight = 0, reverse = false): TrackConfig {
  return { name, weight, reverse };
}

/** A tracker after the results `outcomes`. */
function tracker(name: string, ...outcomes: ScriptOutcome[]): [string, ScriptTracker] {
  const script = new ScriptTracker(scriptConfig({ name }), 0);
  for (const outcome of outcomes) {
    const step = new Step(false);
    step.now = script.deadline();
    script.onDeadline(step);
    script.onEnded(step, step.now, outcome);
  }
  return [name, script];
}

function assessed(
  over: Partial<InstanceConfig>,
  scripts: readonly [string, ScriptTracker][] = [],
  interfaces: readonly InterfaceState[] = [interfaceState("eth0", "192.0.2.1/24")],
  rival?: string,
): Assessment {
  return assess(
    instanceConfig(over),
    new Map(scripts),
    new Map(interfaces.map((state) => [state.name, state])),
    rival,
  );
}

test("weights of scripts add up", () => {
  const trackScripts = [track("a", -20), track("b", 30), track("c", -5), track("d", 7)];
  const scripts = [tracker("a", BAD), tracker("b", GOOD), tracker("c", GOOD), tracker("d", BAD)];
  assert.equal(assessed({ priority: 100, trackScripts }, scripts).priority, 110);
});

test("a script without a result changes no priority; without a weight it is waited for", () => {
  const weighted = assessed({ trackScripts: [track("a", -20)] }, [tracker("a")]);
  assert.equal(weighted.priority, 100);
  assert.deepEqual([weighted.isUndecided, weighted.isWaiting], [true, false]);
  const plain = assessed({ trackScripts: [track("a")] }, [tracker("a")]);
  assert.deepEqual([plain.isUndecided, plain.isWaiting, plain.faults.length], [false, true, 0]);
});

test("a script without weight that fails is a fault; with reverse, one that succeeds", () => {
  const faultsOf = (reverse: boolean, outcome: ScriptOutcome): unknown =>
    assessed({ trackScripts: [track("a", 0, reverse)] }, [tracker("a", outcome)]).faults;
  assert.deepEqual(faultsOf(false, BAD), [{ kind: "script", name: "a" }]);
  assert.deepEqual(faultsOf(false, GOOD), []);
  assert.deepEqual(faultsOf(true, GOOD), [{ kind: "script", name: "a" }]);
  assert.deepEqual(faultsOf(true, BAD), []);
});

test("an unknown script counts as not configured", () => {
  const assessment = assessed({ trackScripts: [track("gone")] });
  assert.deepEqual([assessment.isWaiting, assessment.faults.length], [false, 0]);
});

test("the interface that is down or missing is a fault, unless dont_track_primary", () => {
  const down = interfaceState("eth0", "192.0.2.1/24", { up: false });
  const fault = [{ kind: "interfaceDown", name: "eth0" }];
  assert.deepEqual(assessed({}, [], [down]).faults, fault);
  assert.deepEqual(assessed({}, [], []).faults, fault);
  assert.deepEqual(assessed({ trackPrimary: false }, [], [down]).faults, []);
  assert.deepEqual(assessed({ trackPrimary: false }, [], []).faults, fault);
});

test("a missing source address is a fault, unless one is configured", () => {
  const bare = interfaceState("eth0", "192.0.2.1/24", { ipv4: undefined, addresses: [] });
  assert.deepEqual(assessed({}, [], [bare]).faults, [{ kind: "noAddress" }]);
  const mcastSrcIp = interfaceState("x", "192.0.2.7/24").ipv4;
  assert.deepEqual(assessed({ mcastSrcIp }, [], [bare]).faults, []);
});

test("tracked interfaces add their weights; without weight a down one is a fault", () => {
  const own = interfaceState("eth0", "192.0.2.1/24");
  const up = interfaceState("eth1", "198.51.100.1/24");
  const down = { ...up, up: false };
  const priorityWith = (weight: number, state: InterfaceState): number =>
    assessed({ trackInterfaces: [track("eth1", weight)] }, [], [own, state]).priority;
  assert.equal(priorityWith(-20, up), 100);
  assert.equal(priorityWith(-20, down), 80);
  assert.equal(priorityWith(20, up), 120);
  assert.deepEqual([priorityWith(1, up), priorityWith(1, down)], [101, 100]);
  assert.deepEqual([priorityWith(-1, up), priorityWith(-1, down)], [100, 99]);
  assert.equal(priorityWith(20, down), 100);
  assert.deepEqual(assessed({ trackInterfaces: [track("eth1")] }, [], [own, down]).faults, [
    { kind: "interfaceDown", name: "eth1" },
  ]);
});

test("an interface with a floating address must be up, whatever its tracking weight", () => {
  const own = interfaceState("eth0", "192.0.2.1/24");
  const down = interfaceState("eth1", "198.51.100.1/24", { up: false });
  const carried = virtualAddress("198.51.100.100/24", "eth1");
  const fault = [{ kind: "interfaceDown", name: "eth1" }];
  for (const over of [{ addresses: [carried] }, { excludedAddresses: [carried] }]) {
    assert.deepEqual(assessed(over, [], [own, down]).faults, fault);
    assert.deepEqual(assessed(over, [], [own]).faults, fault, "missing");
    assert.deepEqual(assessed(over, [], [own, { ...down, up: true }]).faults, []);
    const weighted = { ...over, trackInterfaces: [track("eth1", 20), track("eth2", -5)] };
    const assessment = assessed(weighted, [], [own, down]);
    assert.deepEqual([assessment.priority, assessment.faults], [95, fault]);
    assert.equal(assessed(weighted, [], [own, { ...down, up: true }]).priority, 95);
  }
});

test("an address with no_track, or on the own interface, adds no tracked interface", () => {
  const own = interfaceState("eth0", "192.0.2.1/24", { up: false });
  const untracked = { ...virtualAddress("198.51.100.100/24", "eth1"), noTrack: true };
  const addresses = [virtualAddress("192.0.2.100/24"), untracked];
  assert.deepEqual(assessed({ addresses, trackPrimary: false }, [], [own]).faults, []);
  assert.deepEqual(assessed({ addresses }, [], [own]).faults, [
    { kind: "interfaceDown", name: "eth0" },
  ]);
});

test("a rival of the same VRID is a fault, with keepalived's log line, whatever the instance tracks", () => {
  const { faults } = assessed({ virtualRouterId: 7, trackPrimary: false }, [], undefined, "A");
  assert.deepEqual(faults, [{ kind: "vridConflict", id: 7, rival: "A" }]);
  assert.deepEqual(
    faults.map((reason) => faultText("B", reason)),
    ["VRID conflict between B and A IPv4 vrid 7"],
  );
});

test("the priority of an owner is 255, whatever it tracks", () => {
  const trackScripts = [track("a", -20)];
  assert.equal(assessed({ priority: 255, trackScripts }, [tracker("a", BAD)]).priority, 255);
});

test("only tracked scripts that may run are run", () => {
  const scripts = [
    scriptConfig({ name: "tracked" }),
    scriptConfig({ name: "idle" }),
    scriptConfig({ name: "refused", command: { ...COMMAND, refusal: "insecure path" } }),
  ];
  const instance = instanceConfig({ trackScripts: [track("tracked"), track("refused")] });
  const names = trackedScripts(config([instance], { scripts })).map(({ name }) => name);
  assert.deepEqual(names, ["tracked"]);
});

test("a script that a reload removes or disables causes no fault", () => {
  const tracking = instanceConfig({ trackScripts: [track("a")] });
  const node = new VrrpNode(config([tracking], { scripts: [scriptConfig({ name: "a" })] }));
  const state = (): string | undefined => node.snapshot().instances[0]?.state;
  const eth0 = interfaceState("eth0", "192.0.2.1/24");
  node.handle({ kind: "start", interfaces: [eth0], records: undefined }, 0);
  node.handle({ kind: "deadline" }, 0);
  node.handle({ kind: "scriptEnded", script: "a", run: 0, outcome: BAD }, 1);
  assert.equal(state(), "fault");
  const refused = scriptConfig({ name: "a", command: { ...COMMAND, refusal: "insecure path" } });
  node.handle({ kind: "reload", config: config([tracking], { scripts: [refused] }) }, 2);
  assert.equal(state(), "backup");
});
