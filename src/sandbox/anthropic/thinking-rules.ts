import { type ThinkingType, type UpstreamModel } from '../gateway/upstream-model.js';
import { isJsonObject, type JsonObject, stringOf } from '../json.js';
import { refuse } from './errors.js';

const TYPES: readonly ThinkingType[] = ['disabled', 'enabled', 'adaptive', 'between_tools'];
const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'];
const ABOVE_HIGH = ['xhigh', 'max'];
const MIN_BUDGET = 1024;

const BY_EFFORT = 'Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.';

/** The request's `thinking.type`, without the model's default. */
function typeOf(body: JsonObject): unknown {
  return isJsonObject(body.thinking) ? body.thinking.type : undefined;
}

/** Whether the request asks the model to think. */
export function isThinking(body: JsonObject): boolean {
  const type = typeOf(body);
  return type !== undefined && type !== 'disabled';
}

/** Whether the request asks the model to think up to a budget. */
export function hasBudget(body: JsonObject): boolean {
  return typeOf(body) === 'enabled';
}

/**
 * Whether the model thinks before it answers, because the request or its default says so. It does not think before a
 * forced tool call.
 */
export function willThink(body: JsonObject, model: UpstreamModel, bringsResults: boolean): boolean {
  const type = typeOf(body);
  if (type === 'between_tools') return bringsResults;
  return type === undefined ? model.thinksByDefault && !isForced(body) : isThinking(body);
}

/** Whether thinking is shown. Adaptive-only models hide it by default; notes between tools are always shown. */
export function isThinkingShown(body: JsonObject, model: UpstreamModel): boolean {
  if (typeOf(body) === 'between_tools') return true;
  const display = isJsonObject(body.thinking) ? body.thinking.display : undefined;
  return display == null ? model.thinking.includes('enabled') : display === 'summarized';
}

/** Refuses settings for thinking and effort that the model does not take. */
export function checkThinking(body: JsonObject, model: UpstreamModel): void {
  const { thinking } = body;
  if (isForced(body) && !model.hasForcedTools) {
    refuse('tool_choice: type "tool" and "any" are not supported for this model.');
  }
  checkEffort(effortOf(body), model, typeOf(body));
  if (thinking === undefined) return;
  if (!isJsonObject(thinking)) refuse('thinking: Input should be a valid dictionary or object to extract fields from');
  const type = TYPES.find((known) => known === thinking.type);
  if (type === undefined) {
    refuse(
      `thinking: Input tag found using 'type' does not match any of the expected tags: ${TYPES.map((known) => `'${known}'`).join(', ')}`,
    );
  }
  if (!model.thinking.includes(type)) refuse(unsupported(type, model));
  checkOptions(type, thinking);
  if (type === 'enabled') checkBudget(thinking.budget_tokens, body.max_tokens);
  if (type !== 'disabled' && isForced(body)) refuse('Thinking may not be enabled when tool_choice forces tool use.');
}

function unsupported(type: ThinkingType, model: UpstreamModel): string {
  if (type === 'adaptive') return 'adaptive thinking is not supported on this model';
  const problem = `"thinking.type.${type}" is not supported for this model.`;
  if (type === 'between_tools') return problem;
  return type === 'disabled' && model.thinking.includes('between_tools')
    ? `${problem} Use "thinking.type.between_tools" for the lowest thinking setting, or "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.`
    : `${problem} ${BY_EFFORT}`;
}

const OPTIONS: Record<ThinkingType, readonly string[]> = {
  disabled: [],
  enabled: ['budget_tokens', 'display'],
  adaptive: ['display'],
  between_tools: [],
};

function checkOptions(type: ThinkingType, thinking: JsonObject): void {
  const extra = Object.keys(thinking).find((key) => key !== 'type' && !OPTIONS[type].includes(key));
  if (extra !== undefined) refuse(`thinking.${type}.${extra}: Extra inputs are not permitted`);
  const { display } = thinking;
  if (display == null || display === 'summarized' || display === 'omitted') return;
  refuse(`thinking.${type}.display: Input should be 'summarized' or 'omitted'`);
}

function checkBudget(budget: unknown, maxTokens: unknown): void {
  if (typeof budget !== 'number') refuse('thinking.enabled.budget_tokens: Field required');
  if (budget < MIN_BUDGET) {
    refuse(`thinking.enabled.budget_tokens: Input should be greater than or equal to ${MIN_BUDGET}`);
  }
  if (budget >= Number(maxTokens)) refuse('`max_tokens` must be greater than `thinking.budget_tokens`.');
}

function effortOf(body: JsonObject): unknown {
  return isJsonObject(body.output_config) ? (body.output_config.effort ?? undefined) : undefined;
}

function checkEffort(effort: unknown, model: UpstreamModel, type: unknown): void {
  if (effort === undefined) return;
  const level = stringOf(effort);
  if (model.efforts.length === 0) refuse('This model does not support the effort parameter.');
  if (!EFFORTS.includes(level)) {
    refuse("output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'");
  }
  if (!model.efforts.includes(level)) {
    const levels = [...model.efforts].sort().join(', ');
    refuse(`This model does not support effort level '${level}'. Supported levels: ${levels}.`);
  }
  if (!ABOVE_HIGH.includes(level)) return;
  if (type === 'disabled' && !model.isDisabledAtAnyEffort) {
    refuse(
      `output_config.effort '${level}' is not supported when thinking is disabled on this model. Use effort 'high' or below, or enable thinking.`,
    );
  }
  // The rule is the vendor's. The message is ours: the vendor's documentation does not quote one.
  if (type === 'between_tools') {
    refuse(
      `output_config.effort '${level}' is not supported with "thinking.type.between_tools". Use effort 'high' or below.`,
    );
  }
}

function isForced(body: JsonObject): boolean {
  const choice = isJsonObject(body.tool_choice) ? body.tool_choice.type : undefined;
  return choice === 'any' || choice === 'tool';
}
