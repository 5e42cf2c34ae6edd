// A program whose table of roles has two lines more.

import { runProgram } from "../../src/program.ts";
import { ROLES } from "../../src/roles.ts";
import { toyRole, twinRole } from "./toy-role.ts";

runProgram(
  {
    ...ROLES,
    toy: () => Promise.resolve(toyRole),
    twin: () => Promise.resolve(twinRole),
  },
  import.meta.url,
);
