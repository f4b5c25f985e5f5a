import { type VendorQuirks } from '../gateway/vendor.interface.js';
import { dataEvent } from '../stream/sse.js';
import { delayToolNames } from './delayed-tool-names.js';

export const chatQuirks: VendorQuirks = {
  ping: ': keep-alive\n\n',
  unknownEvent: dataEvent({ id: 'surprise', object: 'chat.completion.surprise', choices: [], surprise: 'unknown' }),
  unknownDelta: (delta) => delta.replace(/"delta":.*,"logprobs"/, '"delta":{"surprise":"unknown"},"logprobs"'),
  delayToolNames,
};
