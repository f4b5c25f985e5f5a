import { type VendorQuirks } from '../gateway/vendor.interface.js';
import { namedEvent } from '../stream/sse.js';
import { LATE } from './errors.js';

function surprise(type: string): string {
  return namedEvent(type, { type, surprise: 'unknown', sequence_number: LATE });
}

export const responsesQuirks: VendorQuirks = {
  ping: ': keep-alive\n\n',
  unknownEvent: surprise('response.surprise'),
  unknownDelta: () => surprise('response.surprise.delta'),
  delayToolNames: (frames) => frames,
};
