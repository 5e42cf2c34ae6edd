// The entry point of every process of holdfast.

import { runProgram } from "./program.ts";
import { ROLES } from "./roles.ts";

runProgram({ roles: ROLES }, import.meta.url);
