import { createHash } from 'node:crypto';
import { type StartRun } from './run-request.js';

/**
 * The SHA-256, in hex, of what a request asks of its chat. Who waits for the answer, in which form, and what happens on a
 * busy chat are not part of it.
 */
export function requestHash(start: StartRun): string {
  const { user, settings, model, tools, params, instructions, maxSteps, answerSchema, scope } = start;
  const request = [
    user,
    settings,
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
