const UUID = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/;
const ELLIPSIS = '…';

/** Puts the answer in the place of what is shown wherever they may differ: ids, times, and what `…` stands for. */
export function filledIn(shown: unknown, answer: unknown): unknown {
  if (shown === ELLIPSIS) return answer;
  if (typeof shown === 'string' && typeof answer === 'string') return isOfOneForm(shown, answer) ? answer : shown;
  if (Array.isArray(shown)) return shown.map((item, index) => filledIn(item, (answer as unknown[] | null)?.[index]));
  if (typeof shown !== 'object' || shown === null) return shown;
  const fields = (answer ?? {}) as Record<string, unknown>;
  const { [ELLIPSIS]: others, ...named } = shown as Record<string, unknown>;
  const filled = Object.fromEntries(Object.entries(named).map(([key, value]) => [key, filledIn(value, fields[key])]));
  return others === undefined ? filled : { ...fields, ...filled };
}

function isOfOneForm(shown: string, answer: string): boolean {
  return [UUID, TIME].some((form) => shown.match(form)?.[0] === shown && answer.match(form)?.[0] === answer);
}

/** Matches a text like the shown one, except ids, times, and what `…` stands for. */
export function textPattern(shown: string): RegExp {
  const pattern = shown
    .replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')
    .replaceAll(new RegExp(UUID, 'g'), UUID.source)
    .replaceAll(ELLIPSIS, '[^]*?');
  return new RegExp(`^${pattern}\\s*$`);
}
