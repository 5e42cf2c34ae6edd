// The keywords of authentication, a block of vrrp_instance.

import { text } from "../keyword/argument.ts";
import { custom, firstArgument, value, warnExtra } from "../keyword/keyword.ts";
import type { Context } from "../keyword/row.ts";
import { nearest } from "../keyword/similar.ts";
import type { Word } from "../language/lexer.ts";
import { UNREADABLE, utf8Length } from "../language/lexer.ts";
import type { Statement } from "../language/parser.ts";

const AUTH_PASS_OCTETS = 8;

export const AUTHENTICATION_ROWS = [
  custom(
    "auth_type",
    { syntax: "PASS" },
    {
      field: "authType",
      default: undefined,
      means: "PASS: a password in clear text. AH is not implemented yet.",
      stage: "draft",
    },
    readType,
  ),
  value("auth_pass", text("<PASSWORD>"), {
    field: "authPass",
    default: undefined,
    means: `The password; only its first ${AUTH_PASS_OCTETS} octets are used.`,
    stage: "computed",
    isSecret: true,
    set: ({ given }, password, context, word) => {
      given["authPass"] = password;
      checkPassword(password, context, word);
    },
  }),
] as const;

function readType(statement: Statement, context: Context): "PASS" | undefined {
  const word = firstArgument(statement, context, false);
  if (word === undefined) return undefined;
  warnExtra(statement, 2, context);
  if (word.text === "PASS") return "PASS";
  if (word.text === "AH") {
    const message = "'AH' is not implemented yet, and peers would refuse the adverts of this node";
    context.report("not-implemented", word, message);
    return undefined;
  }
  context.report("bad-value", word, `'${word.text}' must be PASS; it is ignored`, {
    log: `${context.logPrefix}unknown authentication type '${word.text}'`,
    suggestion: nearest(word.text, ["PASS"]),
  });
  return undefined;
}

function checkPassword(password: string, context: Context, word: Word): void {
  if (password.includes(UNREADABLE)) {
    const message = "the password is not UTF-8, so other octets would be sent";
    context.report("not-utf8-password", word, message);
    return;
  }
  if (utf8Length(password) <= AUTH_PASS_OCTETS) return;
  const message = `the password is longer than ${AUTH_PASS_OCTETS} octets; the rest is ignored`;
  context.report("value-cut", word, message, {
    log: `Truncating auth_pass to ${AUTH_PASS_OCTETS} characters`,
  });
}
