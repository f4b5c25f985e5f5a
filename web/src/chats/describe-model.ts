import { type ModelSummary } from '../server/server.interface.js';

const INPUTS = { text: 'text', image: 'images', pdf: 'PDF' };

/** What a model can do, in a few words: `reads text, images and PDF · 200k tokens of context · thinks by itself`. */
export function describeModel({
  inputs,
  contextWindow,
  maxOutputTokens,
  thinksByDefault,
  status,
}: ModelSummary): string {
  const traits = [`reads ${new Intl.ListFormat('en').format(inputs.map((input) => INPUTS[input]))}`];
  if (contextWindow !== null) traits.push(`${thousands(contextWindow)} tokens of context`);
  if (maxOutputTokens !== null) traits.push(`answers up to ${thousands(maxOutputTokens)} tokens`);
  if (thinksByDefault) traits.push('thinks by itself');
  if (status !== 'active') traits.push(status);
  return traits.join(' · ');
}

function thousands(tokens: number): string {
  return `${Math.round(tokens / 1_000)}k`;
}
