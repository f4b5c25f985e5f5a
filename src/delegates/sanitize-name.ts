const unsafe = /[^a-zA-Z0-9_-]/g;

/** Text in the form of ids and names that every vendor takes: letters, digits, `_` and `-`; what else there is becomes `_`. */
export function sanitizeName(text: string, longest: number, ifEmpty: string): string {
  return text.replace(unsafe, '_').slice(0, longest) || ifEmpty;
}
