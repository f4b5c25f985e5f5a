import { minimalInstance } from '../json-schema/minimal-instance.js';
import { findAskedTool, findCallLines, hasMoreThanCalls, type RequestedCall } from './call-lines.js';
import { type CacheUsage, type PromptCache } from './prompt-cache.js';
import { type NeutralMessage, type Prompt } from './prompt.js';
import { LONG_ANSWER } from './long-answer.js';
import { countTokens, cutText, cutToTokens } from './token-count.js';
import { hashPairs, normaliseHistory, toLine } from './history-hash.js';

/** Why an answer ended. */
export type Finish = 'stop' | 'tool-calls' | 'length' | 'refusal' | 'pause' | 'context-window';

/** An answer in the neutral form, which each vendor renders for its wire. */
export interface Answer {
  /** Hash of the history that it answers; vendor ids are derived from it. */
  hash: string;
  reasoning: string | null;
  text: string;
  calls: RequestedCall[];
  finish: Finish;
  usage: Usage;
  /** Whether it streams slowly by default, for people to watch. */
  isLongAnswer: boolean;
}

/** In tokens. `input` includes cache reads and writes, and `output` includes `reasoning`. */
export interface Usage extends CacheUsage {
  input: number;
  output: number;
  reasoning: number;
}

const MAX_QUOTE_LENGTH = 200;

/** Answers a prompt. The same prompt always gets the same answer, except for its cache usage. */
export function composeAnswer(prompt: Prompt, cache: PromptCache): Answer {
  const asked = lastText(prompt.messages, 'user');
  const results = trailingResults(prompt.messages);
  const calls = chooseCalls(prompt, results.length > 0 ? '' : lastTurn(prompt.messages));
  const isLongAnswer = !prompt.outputSchema && calls.length === 0 && results.length === 0 && /story/i.test(asked);
  const history = normaliseHistory(prompt.messages);
  const hash = hashPairs(history);
  const turns = history.filter(([role]) => role === 'user').length;
  const proof = `Turn ${turns}. You said: "${quote(asked)}". History: ${hash}.`;
  const said = prompt.outputSchema
    ? JSON.stringify(minimalInstance(prompt.outputSchema))
    : introduction(results, isLongAnswer) + proof;
  const whole = calls.length > 0 ? announce(prompt, asked, calls) : said;
  const text = cutToTokens(whole, prompt.maxOutputTokens ?? Infinity);
  const isCut = text !== whole;
  const reasoning = prompt.isThinking ? `The user wants an answer to: "${quote(asked)}".` : null;
  return withUsage({
    hash,
    reasoning,
    text,
    calls: isCut ? [] : calls,
    finish: isCut ? 'length' : calls.length > 0 ? 'tool-calls' : 'stop',
    usage: { input: prompt.inputTokens, output: 0, reasoning: 0, ...cache.take(prompt.cachePoints) },
    isLongAnswer,
  });
}

/** The answer with its output tokens counted again. */
export function withUsage(answer: Answer): Answer {
  const reasoning = countTokens([answer.reasoning ?? '']);
  const spoken = countTokens([answer.text, ...answer.calls.flatMap((call) => [call.name, call.arguments])]);
  return { ...answer, usage: { ...answer.usage, output: reasoning + spoken, reasoning } };
}

function chooseCalls(prompt: Prompt, asked: string): RequestedCall[] {
  const { tools, toolChoice } = prompt;
  if (tools.length === 0 || toolChoice === 'none') return [];
  const calls = findCallLines(asked);
  if (calls.length > 0) return calls;
  const name = typeof toolChoice === 'object' ? toolChoice.name : findAskedTool(asked);
  const tool = toolChoice === 'required' ? tools[0] : tools.find((offered) => offered.name === name);
  return tool ? [{ name: tool.name, arguments: JSON.stringify(minimalInstance(tool.parameters ?? {}) ?? {}) }] : [];
}

/** The text before tool calls. A model that must call a tool says nothing first. */
function announce(prompt: Prompt, asked: string, calls: RequestedCall[]): string {
  return prompt.toolChoice === 'auto' && hasMoreThanCalls(asked)
    ? `Calling ${calls.map((call) => call.name).join(', ')}.`
    : '';
}

/** The text before the proof of the history. */
function introduction(results: string[], isLongAnswer: boolean): string {
  if (results.length > 0) return `The tools said: ${results.map((result) => `"${quote(result)}"`).join(', ')}. `;
  return isLongAnswer ? `${LONG_ANSWER} ` : '';
}

function lastText(messages: NeutralMessage[], role: NeutralMessage['role']): string {
  return messages.findLast((message) => message.role === role && message.text !== '')?.text ?? '';
}

/** The text of the user's last messages, up to the last message of another role. */
function lastTurn(messages: NeutralMessage[]): string {
  const end = messages.findLastIndex(({ role }) => role === 'user') + 1;
  const start = messages.slice(0, end).findLastIndex(({ role }) => role !== 'user') + 1;
  const texts = messages.slice(start, end).map(({ text }) => text);
  return texts.join('\n');
}

function trailingResults(messages: NeutralMessage[]): string[] {
  const start = messages.findLastIndex((message) => message.role !== 'tool') + 1;
  return messages.slice(start).map((message) => message.text);
}

function quote(text: string): string {
  const line = toLine(text);
  return line.length > MAX_QUOTE_LENGTH ? `${cutText(line, MAX_QUOTE_LENGTH)}…` : line;
}
