import { mkdirSync, openSync, closeSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './output.mjs';

const BEAT_MS = 1_000;
/** A lock that has not been touched for this long belongs to a process that was killed. */
const DEAD_AFTER_MS = 10_000;

/**
 * Runs the work while no other process does the same: the lock file exists, and is touched, while the work lasts. If the
 * work fails, this process ends.
 * @param {string} file
 * @param {() => Promise<void>} work
 */
export async function exclusively(file, work) {
  mkdirSync(dirname(file), { recursive: true });
  for (let turn = 0; !take(file); turn += 1) {
    if (turn === 0) say('warn', 'Waiting for another process that prepares this folder…');
    await sleep(BEAT_MS);
  }
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  const beat = setInterval(() => writeFileSync(file, ''), BEAT_MS);
  await work();
  clearInterval(beat);
  process.off('exit', release);
  release();
}

/** @param {string} file */
function take(file) {
  try {
    closeSync(openSync(file, 'wx'));
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const touched = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  if (touched !== undefined && Date.now() - touched > DEAD_AFTER_MS) rmSync(file, { force: true });
  return false;
}
