const MIB = 1024 * 1024;

/** Limit of a body without its attachments, and of each text in it, in bytes. */
export const TEXT_LIMIT = MIB;
/** Limit of one decoded attachment, in bytes. */
export const FILE_LIMIT = 10 * MIB;
/**
 * Limit of all decoded attachments of a message together, in bytes. Every request that replays the chat contains them,
 * the vendors refuse requests over 32 MB (Anthropic) or 50 MB (OpenAI) with files in base64, and here they are held in
 * memory.
 */
export const FILES_LIMIT = 30 * MIB;
/**
 * The limit that the platform's body parser needs on `POST …/messages` and `PUT …/messages/:messageId`, so that the limits above decide.
 * @publicApi
 */
export const MESSAGE_BODY_LIMIT = TEXT_LIMIT + base64Length(FILES_LIMIT) + MIB;

/** The decoded size of a base64 text, in bytes. */
export function decodedSize(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  return Math.floor((base64.length * 3) / 4) - padding;
}

function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

export function inMegabytes(bytes: number): string {
  return `${bytes / MIB} MB`;
}
