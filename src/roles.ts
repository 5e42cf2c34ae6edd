// The child processes of the daemon: one line for each role. A process loads no role that it does not need.

import type { RoleTable } from "./process/role.ts";

export const ROLES: RoleTable = {
  vrrp: async () => (await import("./processes/vrrp/role.ts")).vrrpRole,
};
