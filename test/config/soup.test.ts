// Random sequences of keywords, braces and values, which random octets hardly ever contain.

import { test } from "node:test";
import fc from "fast-check";
import { REGISTRY } from "../../src/config/registry.ts";
import { checkConfig } from "../fuzz/config.ts";

const BLOCKS = ["", "global_defs", "vrrp_script", "vrrp_instance", "vrrp_instance/authentication"];
const keywords = BLOCKS.flatMap((path) =>
  REGISTRY.vocabulary.keywordsIn(path === "" ? [] : path.split("/")),
);

const VALUES = [
  "0",
  "1",
  "255",
  "256",
  "-1",
  "1.5",
  "12x",
  "99999999999999999999",
  "eth0",
  "eth9",
  "lo",
  "on",
  "false",
  "MASTER",
  "BACKUP",
  "PASS",
  "AH",
  "10.0.0.1",
  "10.0.0.1/24",
  "10.0.0.1/33",
  "224.0.0.1",
  "2001:db8::1",
  "weight",
  "reverse",
  "dev",
  "brd",
  "+",
  "label",
  "scope",
  "constructor",
  "__proto__",
  '"/x.sh a"',
  '"',
  "'",
  "\\",
  "#",
  "root",
  "nobody",
  "@node1",
  "@^node1",
  "$X=1",
  "$_PWD",
  "~SEQ(a,1)",
  "include",
  "auto",
  "off",
  "chk",
];

const soup = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...keywords) },
      { weight: 3, arbitrary: fc.constantFrom(...VALUES) },
      { weight: 2, arbitrary: fc.constantFrom("{\n", "}\n", "\n") },
    ),
    { maxLength: 120 },
  )
  .map((words) => words.join(" "));

const statement = fc
  .tuple(fc.constantFrom(...keywords), fc.array(fc.constantFrom(...VALUES), { maxLength: 4 }))
  .map(([keyword, values]) => [keyword, ...values].join(" "));

/** Well-formed blocks, so that statements reach the keyword tables. */
const blocks = fc
  .array(
    fc.tuple(
      fc.constantFrom("global_defs", "vrrp_script chk", "vrrp_instance A", "vrrp_instance B"),
      fc.array(statement, { maxLength: 12 }),
      fc.constantFrom(
        "",
        "virtual_ipaddress {\n10.0.0.1\n}\n",
        "track_script {\nchk weight 5\n}\n",
      ),
    ),
    { maxLength: 4 },
  )
  .map((list) =>
    list
      .map(([opener, statements, rest]) => {
        const needed = opener.startsWith("vrrp_instance")
          ? "interface eth0\nvirtual_router_id 1\n"
          : "";
        const own = opener.startsWith("vrrp_instance") ? rest : "";
        return `${opener} {\n${needed}${statements.join("\n")}\n${own}}\n`;
      })
      .join(""),
  );

test("any mixture of words and braces results in a configuration or in diagnostics", () => {
  fc.assert(fc.property(soup, checkConfig), { seed: 1, numRuns: 2000 });
});

test("any mixture of statements results in a configuration or in diagnostics", () => {
  fc.assert(fc.property(blocks, checkConfig), { seed: 1, numRuns: 2000 });
});
