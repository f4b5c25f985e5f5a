import { type ModelParams } from '../messages/model-request.interface.js';

/** What a caller gives for one run alone, and what stays with the run while it is parked. */
export interface RunOptions {
  /** Merged over the chat's own. */
  params?: ModelParams;
  /** In place of the chat's own. */
  instructions?: string;
  /** How often the model may be asked, tools in between; the module's `maxSteps` by default. */
  maxSteps?: number;
}

/** The options among what a caller asks for; `null` where there are none. */
export function runOptions({ params, instructions, maxSteps }: RunOptions): RunOptions | null {
  const options = {
    ...(params && { params }),
    ...(instructions !== undefined && { instructions }),
    ...(maxSteps !== undefined && { maxSteps }),
  };
  return Object.keys(options).length === 0 ? null : options;
}

/** The options of a parked run that goes on: those it was asked with, and over them what its completion gives. */
export function mergedOptions(kept: RunOptions | null, given: RunOptions | null): RunOptions | null {
  if (kept === null || given === null) return given ?? kept;
  const params = (kept.params ?? given.params) && { ...kept.params, ...given.params };
  return { ...kept, ...given, ...(params && { params }) };
}
