import { type JsonObject } from '../../messages/json.interface.js';
import { type PrefixChain } from '../prefix-chain.js';
import { type TranscriptMessage } from '../transcript.js';

/**
 * The blocks of a message, without the thinking that its model has bound to something else than what comes before it now:
 * the vendor would refuse the request. The chain is followed to behind the message.
 * @param content what the message is rendered to; its thinking has the same objects as the parts
 */
export function withValidThoughts(message: TranscriptMessage, content: JsonObject[], chain: PrefixChain): JsonObject[] {
  const thoughts = boundThoughts(message);
  const others = content.filter((block) => !thoughts.has(block));
  const valid = content.filter((block) => thoughts.get(block) === true);
  const isValid = valid.length > 0 && message.role === 'assistant' && chain.admits(message.prefixDigest ?? '');
  if (isValid) chain.think(JSON.stringify(valid));
  chain.say(message.role + JSON.stringify(others));
  return isValid ? content.filter((block) => thoughts.get(block) !== false) : others;
}

/**
 * The thinking that is bound, and whether what comes before it in its message is sent as it was. What models that bind
 * nothing have thought is said like anything else.
 */
function boundThoughts(message: TranscriptMessage): Map<JsonObject, boolean> {
  if (message.role !== 'assistant' || message.prefixDigest == null) return new Map();
  return new Map(
    message.parts.flatMap((part): [JsonObject, boolean][] =>
      part.type === 'reasoning' ? [[part.raw, part.isDetached !== true]] : [],
    ),
  );
}
