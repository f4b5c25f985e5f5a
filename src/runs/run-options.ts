import { type JsonObject } from '../messages/json.interface.js';
import { mergeChanges } from '../messages/merge-params.js';
import { type ParamChanges } from '../messages/model-request.interface.js';
import { type ChatSettings, type NewUserMessage } from './chat-settings.interface.js';
import { type Revision } from './revision.interface.js';
import { type RunScope } from '../turn/turn.interface.js';
import { type Schema } from '../schemas/schema.interface.js';

/** What a caller gives for one run alone. */
export interface GivenOptions {
  /** Merged into the chat's own. */
  params?: ParamChanges;
  /** Instead of the chat's own. */
  instructions?: string;
  /** How often the model may be asked, tools in between; the module's `maxSteps` by default. */
  maxSteps?: number;
  /** What the answer has to be, as JSON; `null` for plain text, whatever the default. */
  answerSchema?: Schema | null;
}

/** What of that stays with the run while it is parked. */
export interface RunOptions extends Omit<GivenOptions, 'answerSchema'> {
  /** The JSON Schema of the answer. */
  outputSchema?: JsonObject | null;
}

/** What a queued run begins with: what a run that begins at once passes to the store itself. */
export interface QueuedInput {
  /** `null` answers the last user message again. */
  user: NewUserMessage | null;
  /** What the run takes back of what was said before. */
  revision?: Revision;
  /** The model of this run alone. */
  model: string | null;
  /** Stored with the chat when the run begins. */
  settings: ChatSettings;
  /** Of the request that asked. */
  requestId: string | null;
}

/** What a run needs to begin, or to continue in another process, beside its model and its tools. It is stored as JSON. */
export interface RunInput extends RunOptions {
  /** How far the run goes; to the answer by default. */
  scope?: RunScope;
  /** Set while the run is queued. */
  queued?: QueuedInput;
}

/** What a run keeps of what a caller asks for; `null` where there is nothing. */
export function runInput(start: GivenOptions & Pick<RunInput, 'scope'>): RunInput | null {
  const { params, instructions, maxSteps, answerSchema, scope } = start;
  const options = {
    ...(params && { params }),
    ...(instructions !== undefined && { instructions }),
    ...(maxSteps !== undefined && { maxSteps }),
    ...(answerSchema !== undefined && { outputSchema: answerSchema && answerSchema.jsonSchema }),
    ...(scope !== undefined && scope !== 'answer' && { scope }),
  };
  return Object.keys(options).length === 0 ? null : options;
}

/** The options of a parked run that continues: those of its ask, overridden by those of the completion, whose scope counts. */
export function mergedInput(kept: RunInput | null, given: RunInput | null): RunInput | null {
  if (kept === null) return given;
  const { scope: _scope, ...before } = kept;
  const params = (kept.params ?? given?.params) && mergeChanges(kept.params, given?.params);
  return { ...before, ...given, ...(params && { params }) };
}
