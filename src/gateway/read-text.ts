/** The bound of bodies that are read whole: tokens and errors, which are far smaller. */
export const MAX_BODY_BYTES = 64 * 1024;

/** Reads a body as text, as far as the bound; what lies behind it is neither read nor waited for. */
export async function boundedText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= MAX_BODY_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, MAX_BODY_BYTES);
}
