import { type NeutralMessage } from './prompt.js';

const CHARACTERS_PER_TOKEN = 4;

/** Estimates tokens by a rule of thumb: four characters each. */
export function countTokens(texts: readonly string[]): number {
  return Math.ceil(texts.reduce((sum, text) => sum + text.length, 0) / CHARACTERS_PER_TOKEN);
}

/** The whole tokens in so many characters. */
export function charactersToTokens(characters: number): number {
  return Math.floor(characters / CHARACTERS_PER_TOKEN);
}

/** Estimates the tokens of a request: its messages, and its tools as JSON. */
export function countInputTokens(messages: readonly NeutralMessage[], tools: unknown): number {
  const offered = tools === undefined ? '' : JSON.stringify(tools);
  return countTokens([offered, ...messages.map((message) => message.text)]);
}

/** The longest beginning of a text that fits into so many tokens. */
export function cutToTokens(text: string, tokens: number): string {
  return cutText(text, tokens * CHARACTERS_PER_TOKEN);
}

/** The beginning of a text, never ending in half a character. */
export function cutText(text: string, length: number): string {
  const cut = text.slice(0, length);
  return /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
}
