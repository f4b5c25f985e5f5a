const ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A text as Python shows its UTF-8 bytes: `b'…'`. */
export function pythonBytes(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const bytes = [...Buffer.from(text)].map((byte) => {
    const character = String.fromCharCode(byte);
    if (character === quote) return `\\${quote}`;
    if (byte >= 0x20 && byte < 0x7f) return ESCAPES[character] ?? character;
    return ESCAPES[character] ?? `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return `b${quote}${bytes.join('')}${quote}`;
}
