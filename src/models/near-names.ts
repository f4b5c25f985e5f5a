import { type Model } from './model.interface.js';

/** Ids of at most three models that `wanted` may stand for, the nearest first. */
export function nearNames(wanted: string, models: readonly Pick<Model, 'id' | 'upstreamId'>[]): string[] {
  const core = coreOf(wanted);
  const limit = Math.max(1, Math.floor(core.length * 0.4));
  return models
    .map(({ id, upstreamId }) => ({
      id,
      distance: upstreamId === wanted ? 0 : Math.min(distance(core, coreOf(id)), distance(core, coreOf(upstreamId))),
    }))
    .filter((near) => near.distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ id }) => id);
}

/** What tells one model from another: every name begins alike, and people write 5.1 for 5-1. */
function coreOf(name: string): string {
  return name
    .toLowerCase()
    .slice(0, 64)
    .replace(/^(?:duo-chat-|duo-|claude-)+/, '')
    .replaceAll(/[._\s]/g, '-');
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let costs = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 0; row < a.length; row += 1) {
    let diagonal = row;
    let left = row + 1;
    costs = costs.map((above, column) => {
      if (column === 0) return left;
      const replaced = diagonal + (a[row] === b[column - 1] ? 0 : 1);
      diagonal = above;
      left = Math.min(replaced, above + 1, left + 1);
      return left;
    });
  }
  return costs.at(-1) ?? a.length;
}
