import { beginLine, endLine, isJson, say } from './output.mjs';

const TICK_MS = 1_000;

/**
 * Does some work, and prints its name and how long it takes: `Building… 21 s`. A terminal shows the running time.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @param {string} [place] of all steps, such as `1/5`, for a person
 * @returns {Promise<T>}
 */
export async function step(name, work, place) {
  return isJson ? loggedStep(name, work) : shownStep(place === undefined ? name : `[${place}] ${name}`, work);
}

/**
 * Prints two lines, so that the log names a step that hangs.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 */
async function loggedStep(name, work) {
  const begin = performance.now();
  say('log', `${name}…`);
  const result = await work();
  say('log', `${name}: done`, { durationMs: Math.round(performance.now() - begin) });
  return result;
}

/**
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 */
async function shownStep(name, work) {
  const begin = performance.now();
  const { isTTY } = process.stderr;
  beginLine(`${name}…`);
  const ticking = setInterval(() => {
    if (isTTY) beginLine(`${name}…${secondsSince(begin)}`);
  }, TICK_MS);
  try {
    const result = await work();
    endLine(`${isTTY ? `\r${name}…` : ''}${secondsSince(begin)}`);
    return result;
  } finally {
    clearInterval(ticking);
  }
}

/** @param {number} begin */
function secondsSince(begin) {
  const seconds = (performance.now() - begin) / 1_000;
  return ` ${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
}
