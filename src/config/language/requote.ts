// Splits commands: both kinds of quotes, and escapes. keepalived does it twice, so that quotes can nest.

export type Requoted =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "unclosed"; readonly quote: string }
  | { readonly kind: "danglingEscape" };

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  E: 27,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
};

const BLANK = /[ \t\f\n\r\v]/;

/**
 * Splits `text` into words at blanks outside quotes. Quotes are removed and may be anywhere in a word. With `escapes`, a
 * backslash makes a character from `\a \b \E \f \n \r \t \v`, octal `\nnn`, hexadecimal `\xXX` or `\cC`, and any other
 * character is literal. Without, a backslash only escapes a quote, and both characters stay.
 */
export function requote(text: string, escapes: boolean): Requoted {
  const words: string[] = [];
  let index = 0;
  for (;;) {
    while (index < text.length && BLANK.test(text.charAt(index))) index++;
    if (index >= text.length) return { kind: "words", words };
    const bytes: number[] = [];
    let quote = "";
    for (; index < text.length; index++) {
      const character = text.charAt(index);
      if (character === "\\") {
        if (index + 1 >= text.length) return { kind: "danglingEscape" };
        if (escapes) {
          const escaped = readEscape(text, index + 1);
          bytes.push(...escaped.bytes);
          index = escaped.end - 1;
        } else {
          const next = codePointAt(text, index + 1);
          bytes.push(0x5c, ...utf8(next));
          index += next.length;
        }
      } else if (character === quote) {
        quote = "";
      } else if (quote === "" && (character === '"' || character === "'")) {
        quote = character;
      } else if (quote === "" && BLANK.test(character)) {
        break;
      } else {
        const next = codePointAt(text, index);
        bytes.push(...utf8(next));
        index += next.length - 1;
      }
    }
    if (quote !== "") return { kind: "unclosed", quote };
    words.push(new TextDecoder().decode(Uint8Array.from(bytes)));
  }
}

/** The bytes of the escape whose letter is at `index`, and its end. */
function readEscape(text: string, index: number): { bytes: number[]; end: number } {
  const rest = text.slice(index, index + 3);
  const hex = /^x([0-9a-fA-F]{1,2})/.exec(rest);
  if (hex !== null) {
    return { bytes: [Number.parseInt(hex[1] as string, 16)], end: index + hex[0].length };
  }
  const octal = /^[0-7]{1,3}/.exec(rest);
  if (octal !== null) {
    return { bytes: [Number.parseInt(octal[0], 8) & 0xff], end: index + octal[0].length };
  }
  if (rest.startsWith("c") && rest.length > 1) {
    return { bytes: [rest.charCodeAt(1) & 0x1f], end: index + 2 };
  }
  const simple = SIMPLE_ESCAPES[rest.charAt(0)];
  if (simple !== undefined) return { bytes: [simple], end: index + 1 };
  const character = codePointAt(text, index);
  return { bytes: utf8(character), end: index + character.length };
}

function codePointAt(text: string, index: number): string {
  return String.fromCodePoint(text.codePointAt(index) ?? 0);
}

function utf8(character: string): number[] {
  return Array.from(new TextEncoder().encode(character));
}
