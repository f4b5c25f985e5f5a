/** Takes the secrets out of a text. */
export type Redact = (text: string) => string;

export const REDACTED = '[redacted]';

// A letter or digit before a token makes it part of a word, unless it is the end of an escape such as `\n` in JSON.
const beginning = String.raw`(?<!(?<!\\)[A-Za-z\d])`;

// What ends the text may be a token that was cut there, and is taken for one however short.
// Each pattern runs in linear time: bodies of errors are as long and as strange as the other side likes.
const secrets: readonly [pattern: RegExp, replacement: string][] = [
  [/\bgl[a-z]{2,6}-[\w.-]{8,}/g, REDACTED],
  [/gl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|imt|agent|wt|soat|ffct)-(?:[\w.-]{8,}|[\w.-]+$)/g, REDACTED],
  [/eyJ(?:[\w-]{8,}(?:\.[\w-]*)*|[\w-]+$)/g, REDACTED],
  [new RegExp(`${beginning}sk-(?:[\\w-]{8,}|[\\w-]+$)`, 'g'), REDACTED],
  [/(Bearer(?:\s+|%20|\+))(?!\[redacted\])[^\s"'\\<>]+/gi, `$1${REDACTED}`],
  [/(Basic(?:\s+|%20|\+))[\w+/=-]{12,}/gi, `$1${REDACTED}`],
  [
    /((?:authorization|(?:private|job|access|refresh|oauth)[-_]token|api[-_]?key|client[-_]secret|password)["']?\s?[:=,]\s?["']?)(?!Bearer|Basic|\[redacted\])[^\s"'\\,;<>&]+/gi,
    `$1${REDACTED}`,
  ],
  [
    /([?&][\w.-]*(?:token|secret|key|pass(?:word|wd|phrase)?|pwd|auth|sig(?:nature)?|credentials?)=)(?!\[redacted\])[^\s"'\\<>&#]+/gi,
    `$1${REDACTED}`,
  ],
  [/(:\/\/)[^\s/?#@"'\\]+@/g, `$1${REDACTED}@`],
];

/**
 * Replaces what looks like a secret: a GitLab token, a JWT, a vendor's key, credentials in a header or a URL. Redact
 * before you truncate, since half a secret is no longer recognised.
 */
export const redact: Redact = (text) =>
  secrets.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), text);
