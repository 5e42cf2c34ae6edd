// Resolves commands: the user, the path of the program, and whether it may run.

import type { Command, ScriptFacts } from "../../lib/script.ts";
import type { Code, Place } from "../diagnostic/diagnostic.ts";
import type { Report } from "../diagnostic/report.ts";
import type { CommandDraft, Credentials } from "../keyword/command.ts";
import type { System } from "../keyword/system.ts";
import type { GlobalGiven } from "./global-config.ts";

const DEFAULT_USER = "keepalived_script";

/** The kind of a command: a tracked script, which affects priorities, or one that is only notified. */
export type CommandUse = "script" | "notify";

export interface CommandResolver {
  /** The command for a program that may be run; otherwise one with `refusal` (already reported). */
  readonly resolve: (draft: CommandDraft, use: CommandUse, object: string) => Command;
  /** The user of scripts that name none; undefined if there is no such user (already reported). */
  readonly defaultUser: () => Credentials | undefined;
  /** Call it last: reports scripts that run without script security. */
  readonly finish: () => void;
}

/** Commands of one configuration; `global` must be complete. */
export function commandResolver(
  global: GlobalGiven,
  system: System,
  report: Report,
  wholeFile: Place,
): CommandResolver {
  const secure = global.enableScriptSecurity === true;
  let fallback: Credentials | "failed" | undefined;
  let scripts = 0;
  let unsafe = 0;

  const defaultUser = (): Credentials | undefined => {
    fallback ??= global.scriptUser ?? findDefaultUser(secure, system, report, wholeFile);
    return fallback === "failed" ? undefined : fallback;
  };

  const resolve = (draft: CommandDraft, use: CommandUse, object: string): Command => {
    const user = draft.user ?? defaultUser();
    const base = {
      text: draft.text,
      argv: draft.argv,
      uid: user?.uid ?? 0,
      gid: user?.gid ?? 0,
      supplementaryGroups: global.setSupplementaryGroups === true ? (user?.groups ?? []) : [],
    };
    const refuse = (code: Code, refusal: string, log: string | undefined): Command => {
      const details = log === undefined ? { object } : { object, log };
      report(code, draft.place, `'${draft.text}' is not run: ${refusal}`, details);
      return { ...base, refusal };
    };
    const program = draft.argv[0] ?? "";
    if (user === undefined) {
      const log = `Failed to set default user for ${use} script ${program} - ignoring`;
      return refuse("notify-unknown-user", "the user of scripts does not exist", log);
    }
    if (/^<[ \t]*\//.test(program)) {
      report("not-implemented", draft.place, "'</path' is not implemented yet", { object });
      return { ...base, refusal: "not implemented" };
    }
    const facts = system.script(program, user.uid, user.gid);
    if (facts.kind === "missing") {
      const log =
        use === "script"
          ? disabling(object, "since not found/accessible")
          : missingLog(program, facts);
      return refuse(use === "script" ? "script-missing" : "notify-missing", facts.reason, log);
    }
    scripts++;
    if (facts.searched) {
      const message = `'${program}' was found in PATH as ${facts.path}; write the full path`;
      const log = `WARNING - script \`${program}\` resolved by path search to \`${facts.path}\`. Please specify full path.`;
      report("script-path-search", draft.place, message, { object, log });
    }
    if (!facts.executable) {
      const log = `WARNING - script '${program}' is not executable for uid:gid ${user.uid}:${user.gid} - disabling.`;
      const refusal = `it is not executable for user ${user.uid}, group ${user.gid}`;
      return refuse("script-not-executable", refusal, log);
    }
    if (facts.irregular !== undefined) {
      // keepalived tries to run it for users other than root.
      if (!facts.privileged) return refuse("script-not-executable", facts.irregular, undefined);
      return use === "script"
        ? refuse("script-insecure", facts.irregular, disabling(object, "due to insecure"))
        : refuse(
            "notify-insecure",
            facts.irregular,
            `Wrong file type found in script path '${program}'.`,
          );
    }
    if (!facts.recognized) {
      const message = `'${program}' does not begin with '#!' and an interpreter`;
      const log = `Please add a #! shebang to script ${program}`;
      report("script-no-shebang", draft.place, message, { object, log });
    }
    if (facts.privileged && facts.insecure !== undefined) {
      const where = `other users than root may change ${facts.insecure}`;
      if (secure) {
        const code = use === "script" ? "script-insecure" : "notify-insecure";
        const log =
          use === "script" ? disabling(object, "due to insecure") : unsafeLog(program, true);
        return refuse(code, `it runs as root, and ${where}`, log);
      }
      unsafe++;
      const message = `'${draft.text}' runs as root, but ${where}`;
      report("script-unsafe", draft.place, message, { object, log: unsafeLog(program, false) });
    }
    return {
      ...base,
      argv: [runPath(program, facts, global), ...draft.argv.slice(1)],
      refusal: undefined,
    };
  };

  const finish = (): void => {
    if (secure || scripts === 0) return;
    const suffix = unsafe > 0 ? " There are insecure scripts." : "";
    report(
      "script-security-off",
      wholeFile,
      "scripts run, but 'enable_script_security' is not set",
      {
        log: `SECURITY VIOLATION - scripts are being executed but script_security not enabled.${suffix}`,
      },
    );
  };

  return { resolve, defaultUser, finish };
}

function findDefaultUser(
  secure: boolean,
  system: System,
  report: Report,
  place: Place,
): Credentials | "failed" {
  const found = system.user(DEFAULT_USER);
  if (found !== undefined) return { uid: found.uid, gid: found.gid, groups: found.groups };
  const log = `Script user '${DEFAULT_USER}' does not exist`;
  if (secure) {
    report("unknown-user", place, `there is no user '${DEFAULT_USER}' for scripts to run as`, {
      log: `Unable to set default user ${DEFAULT_USER} for script`,
    });
    return "failed";
  }
  const message = `there is no user '${DEFAULT_USER}': scripts run as ${system.self.name}`;
  report("default-user-missing", place, message, { log });
  return { uid: system.self.uid, gid: system.self.gid, groups: system.self.groups };
}

function runPath(
  program: string,
  facts: Extract<ScriptFacts, { kind: "found" }>,
  global: GlobalGiven,
): string {
  return global.useSymlinkPaths === true && !facts.searched ? program : facts.path;
}

function disabling(object: string, why: string): string {
  return `Disabling track script ${object.replace(/^vrrp_script /, "")} ${why}`;
}

function missingLog(
  program: string,
  { reason }: Extract<ScriptFacts, { kind: "missing" }>,
): string {
  if (program.includes("/")) return `Script ${program} cannot be accessed - ${reason}`;
  return reason === "Permission denied"
    ? `Permissions failure for script ${program} in path - disabling`
    : `Cannot find script ${program} in path - disabling`;
}

function unsafeLog(program: string, disabled: boolean): string {
  return `Unsafe permissions found for script '${program}'${disabled ? " - disabling" : ""}.`;
}
