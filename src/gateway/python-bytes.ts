const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', '0': '\0', a: '\x07', b: '\b', f: '\f', v: '\v' };

/**
 * The text in a Python bytes literal such as `b'{"type":"error"}'`: how the gateway passes a vendor's error on when the
 * request was streaming. Undefined when `text` is not one.
 */
export function readBytesLiteral(text: string): string | undefined {
  const body = /^b(['"])([^]*)\1$/.exec(text.trim())?.[2];
  if (body === undefined) return undefined;
  const bytes = body.replaceAll(/\\(?:x([\da-fA-F]{2})|([^]))/g, (_all, hex: string | undefined, letter: string) =>
    hex === undefined ? (escapes[letter] ?? letter) : String.fromCharCode(parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
