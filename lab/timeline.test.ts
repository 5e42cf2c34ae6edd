import assert from "node:assert/strict";
import { test } from "node:test";
import { wallMillis } from "./clock.ts";
import { makePaint, renderMillis, renderTable, Timeline } from "./timeline.ts";

const plain = makePaint(false);

test("shows entries in the order in which they happened", () => {
  const lines: string[] = [];
  const timeline = new Timeline(plain, (line) => lines.push(line));
  const begin = wallMillis();
  timeline.add(begin, "begin", (view) => {
    view.nodes.r1.life = "running";
    view.nodes.r2.life = "running";
  });
  timeline.add(begin + 30, "third");
  timeline.addHolderChange(begin + 20, "r1", true);
  timeline.addHolderChange(begin + 25, "r1", true);
  timeline.close();
  timeline.add(begin + 40, "after the end");
  assert.deepEqual(lines, [
    "   0.00   ○   ○   –     begin",
    "   0.02   ●   ○   –     r1 holds the address",
    "   0.03   ●   ○   –     third",
  ]);
});

test("warns of two holders unless it is a takeover", () => {
  const show = (isTakeover: boolean): string[] => {
    const lines: string[] = [];
    const timeline = new Timeline(plain, (line) => lines.push(line));
    const begin = wallMillis();
    timeline.addHolderChange(begin, "r1", true);
    timeline.addHolderChange(begin + 10, "r2", true);
    if (isTakeover) timeline.addHolderChange(begin + 11, "r1", false);
    timeline.close();
    return lines.map((line) => line.replace(/.*– +/, ""));
  };
  const [first, second, third] = [
    "r1 holds the address",
    "r2 holds the address",
    "r1 no longer holds the address",
  ];
  assert.deepEqual(show(true), [first, second, third]);
  assert.deepEqual(show(false), [first, "both nodes hold the address"]);
});

test("formats durations and tables", () => {
  const millis = [0, 0.44, 614.2, 3650];
  assert.deepEqual(millis.map(renderMillis), ["0 ms", "0.4 ms", "614 ms", "3.65 s"]);
  assert.deepEqual(
    renderTable([
      ["", "lost"],
      ["killed", "1 s"],
    ]),
    ["         lost", "killed    1 s"],
  );
});

test("colours text only if asked to", () => {
  assert.equal(plain("bad", "x"), "x");
  assert.equal(makePaint(true)("bad", "x"), "\u001b[31mx\u001b[0m");
});
