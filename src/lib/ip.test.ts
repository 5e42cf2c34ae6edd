import assert from "node:assert/strict";
import { test } from "node:test";
import { ip, ipToBytes, ipv4ToNumber, isMulticast, parseIp } from "./ip.ts";

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

test("an IPv4 address is four decimal numbers up to 255, without leading zeros", () => {
  for (const text of ["0.0.0.0", "1.20.255.9", "192.0.2.1", "224.0.0.18", "255.255.255.255"]) {
    const octets = text.split(".").map(Number);
    assert.equal(parseIp(text), text);
    assert.deepEqual([...ipToBytes(ip(text))], octets);
    assert.equal(
      ipv4ToNumber(text),
      octets.reduce((sum, octet) => sum * 256 + octet, 0),
    );
  }
  const short = [
    "",
    ".",
    "...",
    "1",
    "1.2.3",
    "1.2.3.",
    ".1.2.3",
    "1..2.3",
    "1.2.3.4.",
    "1.2.3.4.5",
  ];
  const wrong = [
    "256.0.0.1",
    "1.2.3.1000",
    "01.2.3.4",
    "1.2.3.00",
    "1.2.3.+4",
    " 1.2.3.4",
    "1.2.3.4/",
    "a.b.c.d",
  ];
  for (const text of [...short, ...wrong, "::", "1:2.3.4"]) {
    assert.equal(ipv4ToNumber(text), undefined, text);
  }
});
