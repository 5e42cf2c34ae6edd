import assert from "node:assert/strict";
import { test } from "node:test";
import { wallMillis } from "./clock.ts";
import { makePaint, renderMillis, renderTable, Timeline } from "./timeline.ts";

const plain = makePaint(false);

test("what came late is shown in the order in which it happened", () => {
  const lines: string[] = [];
  const timeline = new Timeline(plain, (line) => lines.push(line));
  const begin = wallMillis();
  timeline.tell(begin, "begin", (view) => {
    view.nodes.r1.life = "running";
    view.nodes.r2.life = "running";
  });
  timeline.tell(begin + 30, "third");
  timeline.tellHolder(begin + 20, "r1", true);
  timeline.tellHolder(begin + 25, "r1", true);
  timeline.close();
  timeline.tell(begin + 40, "after the end");
  assert.deepEqual(lines, [
    "   0.00   ○   ○   –     begin",
    "   0.02   ●   ○   –     r1 has the address",
    "   0.03   ●   ○   –     third",
  ]);
});

test("two holders for an instant are a takeover, two that stay are an alarm", () => {
  const show = (isTakeover: boolean): string[] => {
    const lines: string[] = [];
    const timeline = new Timeline(plain, (line) => lines.push(line));
    const begin = wallMillis();
    timeline.tellHolder(begin, "r1", true);
    timeline.tellHolder(begin + 10, "r2", true);
    if (isTakeover) timeline.tellHolder(begin + 11, "r1", false);
    timeline.close();
    return lines.map((line) => line.replace(/.*– +/, ""));
  };
  const [first, second, third] = [
    "r1 has the address",
    "r2 has the address",
    "r1 has the address no more",
  ];
  assert.deepEqual(show(true), [first, second, third]);
  assert.deepEqual(show(false), [first, "r2 has the address, and so has the other"]);
});

test("lengths of time and tables are set for people", () => {
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

test("colours only where they are wanted", () => {
  assert.equal(plain("bad", "x"), "x");
  assert.equal(makePaint(true)("bad", "x"), "\u001b[31mx\u001b[0m");
});
