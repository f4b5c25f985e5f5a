import { type JsonObject } from '../../messages/json.interface.js';
import { type ModelMessage } from '../../messages/message.interface.js';
import { type Thinking } from '../../messages/model-request.interface.js';
import { type Model } from '../../models/model.interface.js';
import { thinkingBudget, thinkingEffort } from '../thinking.js';
import { type TranscriptMessage, toTranscript } from '../transcript.js';
import { lastTurnStart } from '../turn-start.js';

/** What makes Claude think, as the model takes it; undefined where it may not think. */
export function renderThinking(
  model: Model,
  thinking: Thinking | undefined,
  maxTokens: number,
  history: readonly ModelMessage[],
): Record<string, JsonObject> | undefined {
  if (!thinking) return undefined;
  if (model.thinking !== 'budget') {
    // Left to its default, the display of these models is empty: they would think in silence.
    return {
      thinking: { type: 'adaptive', display: 'summarized' },
      output_config: { effort: thinkingEffort(thinking) },
    };
  }
  const budget = thinkingBudget(thinking, maxTokens);
  if (budget === undefined || hasThoughtlessTurn(history)) return undefined;
  return { thinking: { type: 'enabled', budget_tokens: budget } };
}

/**
 * Whether the turn at hand (what the assistant said since the user last spoke) began without thinking, as when another
 * vendor's model made its first tool call. Models with budgets refuse to take up thinking half-way through a turn.
 */
function hasThoughtlessTurn(history: readonly ModelMessage[]): boolean {
  const { messages } = toTranscript(history.slice(lastTurnStart(history)), 'anthropic-messages');
  let first: TranscriptMessage | undefined;
  let hasResults = false;
  for (const message of messages) {
    if (message.role === 'assistant') first ??= message;
    // What the user says beside results of tools goes into one message with them, and begins no turn.
    else if (message.role === 'user' && !hasResults) first = undefined;
    hasResults = message.role === 'tool' || (hasResults && message.role === 'user');
  }
  return first !== undefined && first.parts[0]?.type !== 'reasoning';
}
