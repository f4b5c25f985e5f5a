import { createHash } from 'node:crypto';
import { isAddition } from './chat-tools.js';
import { type StartRun } from './run-request.js';

/**
 * The SHA-256, in hex, of what a request asks of its chat. Who waits for the answer, in which form, and what happens on a
 * busy chat are not part of it.
 */
export function requestHash(start: StartRun): string {
  const { user, settings, model, tools, params, instructions, maxSteps, answerSchema, scope } = start;
  // What added tools join is the state of the chat, which the first such request has changed.
  const staged = isAddition(settings.tools) ? { ...settings, tools: { added: settings.tools.added } } : settings;
  const request = [
    user,
    staged,
    model,
    tools,
    params,
    instructions,
    maxSteps,
    answerSchema && answerSchema.jsonSchema,
    scope,
  ];
  return createHash('sha256').update(JSON.stringify(request)).digest('hex');
}
