// The VRRP subsystem: its blocks, and its part of the configuration.

import type { Report } from "../diagnostic/report.ts";
import type { CommandDraft } from "../keyword/command.ts";
import { type Context, type Draft, type Drafts, type Row, table } from "../keyword/row.ts";
import type { Word } from "../language/lexer.ts";
import { placeOf, type Statement } from "../language/parser.ts";
import { type Block, matchByName, type Shared, type Subsystem } from "../subsystem.ts";
import { INSTANCE_ROWS } from "./instance-rows.ts";
import { matchInstances } from "./match-instances.ts";
import { reportNodeProblems } from "./node-checks.ts";
import { PLANNED_INSTANCE_ROWS } from "./planned-vrrp-rows.ts";
import { resolveInstance } from "./resolve-instance.ts";
import { SCRIPT_ROWS } from "./script-rows.ts";
import { MAXIMUM_INSTANCES } from "./types.ts";
import type {
  InstanceConfig,
  ScriptConfig,
  ScriptFields,
  ScriptGiven,
  VrrpConfig,
} from "./vrrp-config.ts";

/** The rows of the blocks of VRRP. */
export interface VrrpRows {
  readonly script: readonly Row[];
  readonly instance: readonly Row[];
}

export const VRRP_ROWS: VrrpRows = {
  script: SCRIPT_ROWS,
  instance: [...INSTANCE_ROWS, ...PLANNED_INSTANCE_ROWS],
};

/** The subsystem with these rows. */
export function vrrpSubsystem(rows: VrrpRows = VRRP_ROWS): Subsystem<"vrrp", VrrpConfig> {
  const scriptBlock: Block = {
    keyword: "vrrp_script",
    table: table(rows.script),
    means: "A command that runs at intervals; instances track its result.",
    logPrefix: () => "",
    readName: readScriptName,
    keeps: keepsScript,
  };
  const instanceBlock: Block = {
    keyword: "vrrp_instance",
    table: table(rows.instance),
    means: "A virtual router: addresses that one of several nodes holds at a time.",
    logPrefix: (name) => `(${name}) `,
    readName: readInstanceName,
    limit: { most: MAXIMUM_INSTANCES, plural: "instances" },
  };
  return {
    name: "vrrp",
    blocks: [scriptBlock, instanceBlock],
    lists: {
      scripts: { block: "vrrp_script", match: matchByName },
      instances: { block: "vrrp_instance", match: matchInstances },
    },
    resolve: (drafts, shared) => {
      const scripts = [...drafts.of("vrrp_script").values()].map((draft) =>
        resolveScript(draft, scriptBlock, shared),
      );
      const runnable = new Map(
        scripts.map((script) => [script.name, script.command.refusal === undefined]),
      );
      const instances: InstanceConfig[] = [];
      for (const draft of drafts.of("vrrp_instance").values()) {
        const values = shared.valuesOf(instanceBlock.table, draft);
        const resolved = resolveInstance(draft, values, runnable, shared);
        if (resolved !== undefined) instances.push(resolved);
      }
      reportNodeProblems(instances, runnable, drafts, shared);
      if (drafts.of("vrrp_instance").size > 0) shared.commands.finish();
      const tracked = new Set(
        instances.flatMap(({ trackScripts }) => trackScripts.map(({ name }) => name)),
      );
      return { scripts: scripts.filter(({ name }) => tracked.has(name)), instances };
    },
  };
}

export const VRRP: Subsystem<"vrrp", VrrpConfig> = vrrpSubsystem();

function readScriptName(statement: Statement, report: Report): Word | undefined {
  const name = statement.words[1];
  if (name === undefined) {
    report("missing-argument", placeOf(statement), "'vrrp_script' needs a name", {
      log: "*** Configuration line starting `vrrp_script` is missing a parameter after keyword `vrrp_script` at word position 2",
    });
  }
  return name;
}

function keepsScript({ given, place }: Draft, name: Word, { report, drafts }: Context): boolean {
  if (drafts.of("vrrp_script").has(name.text)) {
    report(
      "duplicate-name",
      name,
      "a script with this name is already defined; this block is ignored",
    );
    return false;
  }
  const { command, user } = given as ScriptGiven;
  if (command === undefined) {
    report("script-unset", place, "'script' must be set; this block is ignored", {
      log: `No script set for vrrp_script ${name.text} - removing`,
    });
  }
  return command !== undefined && user !== "failed";
}

function readInstanceName(statement: Statement, report: Report, drafts: Drafts): Word | undefined {
  const [, name, extra] = statement.words;
  if (name === undefined || extra !== undefined) {
    const message =
      name === undefined
        ? "'vrrp_instance' needs a name; the block is ignored"
        : "'vrrp_instance' needs one name, with quotes if it contains blanks; the block is ignored";
    report("missing-name", placeOf(statement), message, {
      log: "vrrp_instance must have a name",
    });
    return undefined;
  }
  if (!drafts.of("vrrp_instance").has(name.text)) return name;
  const message = "an instance with this name is already defined; this block is ignored";
  const log = `vrrp instance ${name.text} already defined`;
  report("duplicate-name", name, message, { object: `vrrp_instance ${name.text}`, log });
  return undefined;
}

function resolveScript(draft: Draft, { table: rows }: Block, shared: Shared): ScriptConfig {
  const { command, user, reverse = false } = draft.given as ScriptGiven;
  const written: CommandDraft = command ?? {
    text: "",
    argv: [],
    user: undefined,
    place: draft.place,
  };
  const runAs = { ...written, user: user === "failed" ? undefined : user };
  return {
    name: draft.name,
    ...(shared.valuesOf(rows, draft).config() as unknown as ScriptFields),
    command: shared.commands.resolve(runAs, "script", `vrrp_script ${draft.name}`),
    reverse,
  };
}
