// Where every process of holdfast begins.

import { runProgram } from "./program.ts";
import { ROLES } from "./roles.ts";

runProgram({ roles: ROLES }, import.meta.url);
