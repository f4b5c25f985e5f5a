const MIB = 1024 * 1024;

/** Of a body, attachments aside, and of each text in it; in bytes, like all of these. */
export const TEXT_LIMIT = MIB;
/** Of one attachment, decoded. */
export const FILE_LIMIT = 10 * MIB;
/**
 * Of all attachments of a message, decoded. They are part of every request that replays the chat, and the vendors take
 * no requests over 32 MB (Anthropic) or 50 MB (OpenAI), with files in base64; here they pass through memory whole.
 */
export const FILES_LIMIT = 30 * MIB;
/**
 * What the platform's body parser has to let through on `POST …/messages` for these limits to be the ones that count.
 * @publicApi
 */
export const MESSAGE_BODY_LIMIT = TEXT_LIMIT + base64Length(FILES_LIMIT) + MIB;

/** How many bytes a text in base64 stands for. */
export function decodedSize(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  return Math.floor((base64.length * 3) / 4) - padding;
}

function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

/** A size as people say it. */
export function inMegabytes(bytes: number): string {
  return `${bytes / MIB} MB`;
}
