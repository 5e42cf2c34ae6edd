// Looks for a violation of one rule in the first seeds: `node find-violation.js RULE SEEDS [VIP_LEASE]`. Exits with 0
// if a seed violates it, with 3 if none does.

import type { VipLease } from "../../src/config/vrrp/types.ts";
import { prng } from "../../src/lib/prng.ts";
import { planOf } from "./plan.ts";
import { isViolated } from "./run-seeds.ts";
import type { Violation } from "./violation.ts";

const [, , rule, seeds, vipLease] = process.argv;
const planOfSeed = (seed: number) => planOf(seed, prng(seed), vipLease as VipLease | undefined);
const isFound = isViolated(rule as Violation["rule"], Number(seeds), planOfSeed);
process.exitCode = isFound ? 0 : 3;
