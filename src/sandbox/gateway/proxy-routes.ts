import { anthropicMessages } from '../anthropic/anthropic-messages.js';
import { openaiChat } from '../openai-chat/openai-chat.js';
import { openaiResponses } from '../openai-responses/openai-responses.js';
import { type Vendor } from './vendor.interface.js';

const PREFIXES = ['/ai/v1/proxy/', '/v1/proxy/'];
const VENDORS = [anthropicMessages, openaiChat, openaiResponses];

const ROUTES: ReadonlyMap<string, Vendor> = new Map(
  PREFIXES.flatMap((prefix) =>
    VENDORS.flatMap((vendor) =>
      ['', ...vendor.queries].map((query) => [`${prefix}${vendor.path}${query}`, vendor] as const),
    ),
  ),
);

/** The vendor behind a URL, which must match exactly. */
export function findVendor(url: string): Vendor | undefined {
  return ROUTES.get(url);
}
