// Looks for one rule in the first seeds: `node find-violation.js RULE SEEDS [VIP_LEASE]`. Exits with 0 if a seed breaks
// the rule, with 3 if none does.

import type { VipLease } from "../../src/config/config.ts";
import { prng } from "../../src/lib/prng.ts";
import { planOf } from "./plan.ts";
import { simulate } from "./simulate.ts";

const [, , rule, seeds, vipLease] = process.argv;
process.exitCode = 3;
for (let seed = 1; seed <= Number(seeds); seed++) {
  const plan = planOf(seed, prng(seed), vipLease as VipLease | undefined);
  if (!simulate(plan).violations.some((violation) => violation.rule === rule)) continue;
  process.exitCode = 0;
  break;
}
