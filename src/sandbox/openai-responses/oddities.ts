import { type VendorOddities } from '../gateway/vendor.interface.js';
import { namedEvent } from '../stream/sse.js';
import { LATE } from './errors.js';

function surprise(type: string): string {
  return namedEvent(type, { type, surprise: 'unknown', sequence_number: LATE });
}

export const responsesOddities: VendorOddities = {
  ping: ': keep-alive\n\n',
  unknownEvent: surprise('response.surprise'),
  unknownDelta: () => surprise('response.surprise.delta'),
  delayToolNames: (frames) => frames,
};
