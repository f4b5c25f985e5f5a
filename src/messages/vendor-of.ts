import { type Api, type Vendor } from './part.interface.js';

/** Who is behind an API. */
export function vendorOf(api: Api): Vendor {
  return api === 'anthropic-messages' ? 'anthropic' : 'openai';
}
