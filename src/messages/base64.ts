/**
 * Whether the text is base64, padded or not. Looks for what does not belong: a pattern that matches the whole of many
 * megabytes can overflow the stack of the engine.
 */
export function isBase64(text: string): boolean {
  const length = text.length - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0);
  const stranger = text.search(/[^A-Za-z\d+/]/);
  return length > 0 && (stranger === -1 || stranger === length);
}
