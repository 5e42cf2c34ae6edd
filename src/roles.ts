// The daemon's child processes, one line per role. A process loads only the roles that it needs.

import type { RoleTable } from "./process/role.ts";

export const ROLES: RoleTable = {
  vrrp: async () => (await import("./processes/vrrp/role.ts")).vrrpRole,
};
