const secrets = [
  /\bgl[a-z]{2,6}-[\w.-]{8,}/g,
  /\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g,
  /\bsk-[\w-]{8,}/g,
  /(\bBearer\s+)[^\s"',;]+/gi,
];

/** Replaces what looks like a GitLab token, a JWT, a vendor key or a bearer credential. Redact before you truncate. */
export function redact(text: string): string {
  return secrets.reduce(
    (clean, pattern) =>
      clean.replace(pattern, (_all, prefix: unknown) => (typeof prefix === 'string' ? prefix : '') + '[redacted]'),
    text,
  );
}
