/** What the regular expressions of JavaScript and those of Python, by which OpenAI checks schemas, have in common. */
const escapes = String.raw`\\(?:[dDwWsSbBnrtfv]|x[\da-fA-F]{2}|u[\da-fA-F]{4}|[^\da-zA-Z])`;
const portable = new RegExp(
  String.raw`^(?:[^\\[\]()]|${escapes}|\(\?[:=!]|\((?!\?)|\)|\[(?!\^?\])(?:[^\\\]]|${escapes})+\])*$`,
);

/**
 * Whether both read a pattern, and in the same way: not what has named groups, looks behind, refers to a group or
 * names characters by a property (`\p{L}`).
 */
export function isPortable(pattern: string): boolean {
  return portable.test(pattern) && isPattern(pattern);
}

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern) instanceof RegExp;
  } catch {
    return false;
  }
}
