import { type Complaint } from '../errors/complaint.interface.js';
import { type VendorError } from './vendor-error.interface.js';

const STEP = String.raw`(?:\.?\[\d+\]|\.\w+)`;
/** At the start of a message by Anthropic, or as the parameter of OpenAI. */
const PATH = new RegExp(String.raw`^(?:messages|input)(?:\.?\[\d+\]|\.\d+)${STEP}*`);
/** In a message by OpenAI. */
const QUOTED_PATH = new RegExp(String.raw`'((?:messages|input)\.?\[\d+\]${STEP}*)'`);
/** Ends of paths of what is wrong with the order or the marks of messages: to leave out a part would not help. */
const NOT_OF_A_PART = /(?:\brole|\bcache_control|\b(?:tool_)?call_id|\btool_use_id)$/;

// The words of the APIs as their users report them, and the codes of OpenAI's reference ("Error codes" of a response).
const IMAGE_CODES = new Set<unknown>([
  'invalid_image',
  'invalid_image_format',
  'invalid_base64_image',
  'invalid_image_url',
  'invalid_image_mode',
  'image_too_large',
  'image_too_small',
  'image_file_too_large',
  'image_parse_error',
  'image_content_policy_violation',
  'image_file_not_found',
  'unsupported_image_media_type',
  'empty_image_file',
  'failed_to_download_image',
]);
const IMAGE = [
  /could not process image/i,
  /\bunsupported image\b/i,
  /\binvalid image\b/i,
  /image data you provided/i,
  /\bimage (?:exceeds|does not match|dimensions)\b/i,
  /\bimage (?:was specified|url is invalid)\b/i,
  /(?:error while downloading|failed to download|unable to download)/i,
];
const REASONING_CODES: readonly unknown[] = ['invalid_encrypted_content', 'thinking_signature_invalid'];

const REASONING = [
  /invalid `?(?:signature|data)`? in `?(?:redacted_)?thinking`? block/i,
  /`(?:redacted_)?thinking` blocks .{0,200}cannot be modified/i,
  /encrypted content .{0,200}could not be verified/i,
  /^Item (?:with id )?'rs_/,
];

const DOCUMENT = [/\bPDF\b/, /invalid file data/i];
const TOO_MANY =
  /(?:too much media|too many images and documents): (\d+)(?: document pages)? \+ (\d+)(?: images)? > (\d+)/i;
const MEDIA = /too many images/i;

/**
 * That a schema cannot be enforced. Anthropic: "Schema is too complex for compilation" (platform.claude.com, Structured
 * outputs, "Additional internal limits"); as its users report them, "The compiled grammar is too large, which would cause
 * performance issues. …" (anthropics/anthropic-sdk-python#1185), with the place before it (TanStack/ai#682), "Schema is too
 * complex." and "Grammar compilation timed out.", and, where its limits are exceeded, "Schemas contains too many …". OpenAI:
 * "Invalid schema for response_format 'answer': …". Its "Invalid schema for function 'name': …" is not among these: all
 * tools are sent without being enforced, so that there is no weaker form of one.
 */
const SCHEMA = [
  /^output_config\.format\b/,
  /^(?:the )?compiled grammar is too large/i,
  /^schema is too complex/i,
  /^schemas contains too many /i,
  /^grammar compilation timed out/i,
  /^invalid schema for response_format\b/i,
];

/** Likewise, where the path is that of what should not have come yet. */
const OF_THE_ORDER = /expected `thinking`|unexpected `tool_use_id`/i;

const MAX_REASON_LENGTH = 200;

/**
 * What a vendor's refusal says of the history or of the schema, so that the request can be sent again without it; undefined
 * where it says nothing of the kind.
 * @param status of the response; unset for an error inside a stream
 */
export function complaintOf(error: VendorError, status?: number): Complaint | undefined {
  if (status !== undefined && ![400, 404, 422].includes(status)) return undefined;
  const { message = '', code, param } = error;
  const path = pathOf(param) ?? pathOf(message) ?? QUOTED_PATH.exec(message)?.[1];
  const about = aboutOf(error) ?? (path !== undefined && isInvalid(error, status) ? 'part' : undefined);
  if (about === undefined) return undefined;
  const reason = reasonOf(message, path) || String(code);
  const excess = excessOf(message);
  const isOfAPart = path !== undefined && !NOT_OF_A_PART.test(path) && !OF_THE_ORDER.test(message);
  if (about === 'part' && !isOfAPart) return undefined;
  return { about, reason, ...(isOfAPart && { path }), ...(excess !== undefined && { excess }) };
}

function aboutOf(error: VendorError): Complaint['about'] | undefined {
  const { message = '', code } = error;
  if (code === 'invalid_json_schema' || SCHEMA.some((words) => words.test(message))) return 'schema';
  if (isRejectedReasoning(error)) return 'reasoning';
  if (TOO_MANY.test(message) || MEDIA.test(message)) return 'media';
  if (IMAGE_CODES.has(code) || IMAGE.some((words) => words.test(message))) return 'image';
  return DOCUMENT.some((words) => words.test(message)) ? 'document' : undefined;
}

function isInvalid({ type }: VendorError, status: number | undefined): boolean {
  return type === 'invalid_request_error' || status === 400 || status === 422;
}

function pathOf(text: string | undefined): string | undefined {
  return PATH.exec(text ?? '')?.[0];
}

function excessOf(message: string): number | undefined {
  const [first, second, most] = (TOO_MANY.exec(message) ?? []).slice(1).map(Number);
  return first === undefined || second === undefined || most === undefined ? undefined : first + second - most;
}

function reasonOf(message: string, path: string | undefined): string {
  const words =
    path !== undefined && message.startsWith(path) ? message.slice(path.length).replace(/^[\s:]+/, '') : message;
  const line = words.replaceAll(/\s+/g, ' ').trim();
  return line.length > MAX_REASON_LENGTH ? `${line.slice(0, MAX_REASON_LENGTH)}…`.toWellFormed() : line;
}

/** Whether a vendor refuses to take back what its model thought, as it does once that was signed or kept by others. */
function isRejectedReasoning({ code, message = '' }: VendorError): boolean {
  return REASONING_CODES.includes(code) || REASONING.some((words) => words.test(message));
}
