// A thread of `runSeeds`.

import { parentPort, workerData } from "node:worker_threads";
import { runRange, type SeedRange } from "./run-seeds.ts";

parentPort?.postMessage(runRange(workerData as SeedRange));
