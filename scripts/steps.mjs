const TICK_MS = 1_000;

/**
 * Does some work, and says on standard error what it is and how long it takes: `Building… 21 s`. In a terminal the time
 * runs along.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(name, work) {
  const begin = performance.now();
  const elapsed = () => ` ${secondsSince(begin)} s`;
  const { stderr } = process;
  stderr.write(`${name}…`);
  const ticking = setInterval(() => {
    if (stderr.isTTY) stderr.write(`\r${name}…${elapsed()}`);
  }, TICK_MS);
  try {
    const result = await work();
    stderr.write(`${stderr.isTTY ? `\r${name}…` : ''}${elapsed()}\n`);
    return result;
  } finally {
    clearInterval(ticking);
  }
}

/** @param {number} begin */
function secondsSince(begin) {
  const seconds = (performance.now() - begin) / 1_000;
  return seconds.toFixed(seconds < 10 ? 1 : 0);
}
