import { type VendorQuirks } from '../gateway/vendor.interface.js';
import { namedEvent } from '../stream/sse.js';

export const anthropicQuirks: VendorQuirks = {
  ping: namedEvent('ping', { type: 'ping' }),
  unknownEvent: namedEvent('surprise', { type: 'surprise', surprise: { text: 'unknown' } }),
  unknownDelta: (delta) =>
    namedEvent('content_block_delta', {
      type: 'content_block_delta',
      index: Number(/"index":(\d+)/.exec(delta)?.[1]),
      delta: { type: 'surprise_delta', surprise: 'unknown' },
    }),
  delayToolNames: (frames) => frames,
};
