import { type JsonObject } from '../messages/json.interface.js';
import { mergeChanges } from '../messages/merge-params.js';
import { type ParamChanges } from '../messages/model-request.interface.js';
import { type RunInput } from './run-input.js';
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

/** The options of a parked run that continues: those of its ask, overridden by those of the completion. */
export function mergedInput(kept: RunInput | null, given: RunInput | null): RunInput | null {
  if (kept === null || given === null) return given ?? kept;
  const params = (kept.params ?? given.params) && mergeChanges(kept.params, given.params);
  return { ...kept, ...given, ...(params && { params }) };
}
