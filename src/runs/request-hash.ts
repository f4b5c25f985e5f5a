import { createHash } from 'node:crypto';
import { type StartRun } from './run-request.js';

/**
 * The SHA-256, in hex, of what a request asks of its chat. Who waits for the answer, in which form, and what happens on a
 * busy chat are not part of it; nor are settings that wait to be stored with the chat, which the first request has taken.
 */
export function requestHash(start: StartRun): string {
  const { user, model, tools, params, instructions, maxSteps, answerSchema, scope, revision } = start;
  const request: unknown[] = [
    user,
    model,
    tools,
    params,
    instructions,
    maxSteps,
    answerSchema && answerSchema.jsonSchema,
    scope,
  ];
  if (revision) request.push(revision);
  return createHash('sha256').update(JSON.stringify(request)).digest('hex');
}
