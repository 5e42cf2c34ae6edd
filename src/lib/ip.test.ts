import assert from "node:assert/strict";
import { test } from "node:test";
import { ip, isMulticast } from "./ip.ts";

test("multicast is 224.0.0.0/4 and ff00::/8", () => {
  for (const text of [
    "224.0.0.0",
    "224.0.0.18",
    "239.255.255.255",
    "ff00::",
    "ff02::12",
    "fff0::",
  ]) {
    assert.ok(isMulticast(ip(text)), text);
  }
  const others = ["223.255.255.255", "240.0.0.0", "255.255.255.255", "0.0.0.0", "22.4.0.0"];
  for (const text of [...others, "ff::", "feff::", "::", "::ff02", "::ffff:224.0.0.18"]) {
    assert.ok(!isMulticast(ip(text)), text);
  }
});
