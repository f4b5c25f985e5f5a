import { type Model, type ModelStatus } from './model.interface.js';

/** The day as models' ends of life have it, `YYYY-MM-DD` in UTC. */
export function utcDay(at: Date = new Date()): string {
  return at.toISOString().slice(0, 10);
}

/** How a model stands on a day. On the day of its end of life a vendor may refuse it already. */
export function statusOn(
  day: string,
  { endOfLife, isAlpha }: { endOfLife: string | null; isAlpha: boolean },
): ModelStatus {
  if (endOfLife !== null) return day < endOfLife ? 'deprecated' : 'retired';
  return isAlpha ? 'alpha' : 'active';
}

/** What to say of a model whose end is announced or past; undefined for any other. */
export function endOfLifeNotice(model: Model): string | undefined {
  const { id, endOfLife, successor } = model;
  if (endOfLife === null) return undefined;
  const advice = successor === null ? 'Use another model.' : `Use "${successor}" instead.`;
  return model.status === 'retired'
    ? `The model "${id}" is past its end of life (${endOfLife}): its vendor may refuse it at any time. ${advice}`
    : `The model "${id}" reaches its end of life on ${endOfLife}. ${advice}`;
}
