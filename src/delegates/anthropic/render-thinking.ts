import { type Effort } from '../../messages/effort.js';
import { type JsonObject } from '../../messages/json.interface.js';
import { type ModelMessage } from '../../messages/message.interface.js';
import { type Thinking } from '../../messages/model-request.interface.js';
import { type Model } from '../../models/model.interface.js';
import { isOff, nearestEffort, thinkingBudget } from '../thinking.js';
import { type TranscriptMessage, toTranscript } from '../transcript.js';
import { lastTurnStart } from '../turn-start.js';

/** What a request says about thinking. */
export interface ThinkingSettings {
  thinking?: JsonObject;
  effort?: Effort;
}

// Left to its default, the display of these models is empty: they would think in silence.
const adaptive: JsonObject = { type: 'adaptive', display: 'summarized' };

/** What makes Claude think as it is asked to, or as little as it can, in the form that the model takes. */
export function renderThinking(
  model: Model,
  thinking: Thinking | undefined,
  maxTokens: number,
  history: readonly ModelMessage[],
): ThinkingSettings {
  if (thinking === undefined) return model.thinking === 'always' ? { thinking: adaptive } : {};
  if (isOff(thinking) && model.canDisable) return { thinking: { type: 'disabled' } };
  // Needs no effort: the vendor takes it up to `high`, which is the default.
  if (isOff(thinking) && model.betweenTools) return { thinking: { type: 'between_tools' } };
  if (model.thinking !== 'budget') return { thinking: adaptive, effort: nearestEffort(model, thinking) };
  // Some models take an effort beside the budget, and without one. A caller who sets the budget leaves the effort alone.
  const effort = 'effort' in thinking ? nearestEffort(model, thinking) : undefined;
  const budget = thinkingBudget(thinking, maxTokens);
  if (budget === undefined || beganWithoutThinking(history)) return { effort };
  return { thinking: { type: 'enabled', budget_tokens: budget }, effort };
}

/** The same for a model that has to call a tool, which the vendor refuses beside thinking. */
export function withoutThinking(model: Model, settings: ThinkingSettings): ThinkingSettings {
  if (!isThinking(settings)) return settings;
  return model.thinking === 'always' ? { effort: settings.effort } : {};
}

/** Whether the request asks the model to think. */
export function isThinking({ thinking }: ThinkingSettings): boolean {
  return thinking !== undefined && thinking.type !== 'disabled';
}

/** Whether the model thinks in answer to the request, asked or not; else it may refuse thoughts of its own turn. */
export function mayThink(model: Model, settings: ThinkingSettings): boolean {
  return settings.thinking === undefined ? model.thinksByDefault : isThinking(settings);
}

/**
 * Whether the turn at hand (what the assistant said since the user last spoke) began without thinking, as when another
 * vendor's model made its first tool call. Models with budgets refuse to take up thinking half-way through a turn.
 */
function beganWithoutThinking(history: readonly ModelMessage[]): boolean {
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
