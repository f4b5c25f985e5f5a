import { type ModelParams, type ParamChanges } from './model-request.interface.js';

/**
 * The parameters after changes: what was there keeps its place, what is new comes behind it, and a value replaces the one
 * before it whole. A `null` unsets a parameter, at the top level alone; `undefined` changes nothing. The statement that
 * begins a run does the same to the row of a chat: see `mergedParams`.
 */
export function mergeParams(params: ParamChanges, changes?: ParamChanges): ModelParams {
  const merged = Object.entries(mergeChanges(params, changes)).filter(([, value]) => value !== null);
  return Object.fromEntries(merged);
}

/** The changes that two sets of changes come to, one after the other: what they unset stays to be unset. */
export function mergeChanges(first: ParamChanges = {}, second: ParamChanges = {}): ParamChanges {
  const made = (changes: ParamChanges): object =>
    Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  return { ...made(first), ...made(second) };
}
