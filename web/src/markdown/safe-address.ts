const SAFE_PROTOCOLS = ['http:', 'https:', 'mailto:'];

/** The address of a link, if it is one that leads somewhere and runs nothing; undefined otherwise. */
export function safeAddress(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { protocol, href } = new URL(address);
  return SAFE_PROTOCOLS.includes(protocol) ? href : undefined;
}
