// A program whose table of roles has two lines more.

import { runProgram } from "../../src/program.ts";
import { ROLES } from "../../src/roles.ts";
import { TOY_REGISTRY, toyRole, twinRole } from "./toy-role.ts";

runProgram(
  {
    roles: {
      ...ROLES,
      toy: () => Promise.resolve(toyRole),
      twin: () => Promise.resolve(twinRole),
    },
    registry: TOY_REGISTRY,
  },
  import.meta.url,
);
