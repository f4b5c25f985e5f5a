import { type Redact, redact as redactPatterns } from '../errors/redact.js';
import { readBytesLiteral } from './python-bytes.js';
import { type VendorError } from './vendor-error.interface.js';

const MAX_DETAIL = 500;

/** What the body of a failed response says. */
export interface ErrorBody {
  /** Set when the body is a vendor's error. */
  vendor?: VendorError;
  /** The `error_code` or `error` of GitLab and of the gateway, or empty. */
  code: string;
  /** For people: redacted, on one line, and short. */
  detail: string;
  isHtml: boolean;
}

/** Reads an error body of GitLab, of its gateway, of a vendor behind it, or of whatever stands in between. */
export function readErrorBody(body: string, redact: Redact = redactPatterns): ErrorBody {
  const json = parseObject(body);
  if (json === undefined) {
    const isHtml = /^\s*<(?:!doctype|html|head|body|\?xml)/i.test(body);
    return { code: '', detail: isHtml ? describeHtml(body, redact) : shorten(body, redact), isHtml };
  }
  for (const text of [json.message, json.detail, json.error]) {
    const literal = typeof text === 'string' ? readBytesLiteral(text) : undefined;
    if (literal !== undefined) return readErrorBody(literal, redact);
  }
  if (typeof json.error === 'object' && json.error !== null) {
    const { type, code, message, param } = json.error as Record<string, unknown>;
    const vendor = {
      type: asText(type, redact),
      code: typeof code === 'number' ? code : asText(code, redact),
      message: asText(message, redact),
      param: asText(param, redact),
    };
    return { vendor, code: '', detail: shorten(vendor.message ?? body, redact), isHtml: false };
  }
  return {
    code: asText(json.error_code) ?? asText(json.error) ?? '',
    detail: shorten(
      asText(json.error_description) ?? asText(json.message) ?? asText(json.detail) ?? asText(json.error) ?? body,
      redact,
    ),
    isHtml: false,
  };
}

/** Redacts before it cuts: half a secret would pass unrecognised. */
export function shorten(text: string, redact: Redact = redactPatterns): string {
  const clean = redact(text).replaceAll(/\s+/g, ' ').trim();
  return clean.length > MAX_DETAIL ? `${clean.slice(0, MAX_DETAIL)}…` : clean;
}

function describeHtml(body: string, redact: Redact): string {
  const title = /<title[^<>]*>([^<]*)/i.exec(body)?.[1];
  return title === undefined ? 'an HTML page' : `an HTML page titled "${shorten(title, redact)}"`;
}

/** The JSON object that `text` is, or undefined. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function asText(value: unknown, redact?: Redact): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  return redact === undefined ? value : redact(value);
}
