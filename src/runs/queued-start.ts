import { toSchema } from '../schemas/to-schema.js';
import { type RunContext } from './run-kinds.js';
import { type StartRun } from './run-request.js';
import { type QueuedRun } from './queued-run.interface.js';

/** What the ask of a queued run asked for, as it begins. */
export function queuedStart({ chat, defaults }: RunContext, { tools, input }: QueuedRun): StartRun {
  const { queued, outputSchema, ...options } = input;
  const nothing = { user: null, model: null, settings: {}, requestId: null, revision: undefined };
  const { user, model, settings, requestId, revision } = queued ?? nothing;
  return {
    ...options,
    chat,
    settings,
    user: user && user.parts,
    ...(revision && { revision }),
    ...(defaults && { defaults }),
    ...(outputSchema !== undefined && { answerSchema: outputSchema && toSchema(outputSchema) }),
    ...(model !== null && { model }),
    ...(tools !== null && { tools }),
    ...(requestId !== null && { requestId }),
  };
}
