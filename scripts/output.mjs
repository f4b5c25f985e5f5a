import { readFileSync } from 'node:fs';
import util from 'node:util';
import { root } from './run.mjs';

/** Whether a log collector reads the output, so that every line is JSON. Otherwise a person does. */
export let isJson = false;

let isLineOpen = false;

/**
 * Prints one line: for a collector with the fields of the server's lines, on standard output unless it is an error; for a
 * person on standard error.
 * @param {'log' | 'warn' | 'error' | 'fatal'} level
 * @param {string} message
 * @param {Record<string, unknown>} [fields] only for the collector
 */
export function say(level, message, fields) {
  if (!isJson) {
    process.stderr.write(`${isLineOpen ? '\n' : ''}${message}\n`);
    isLineOpen = false;
    return;
  }
  const stream = level === 'error' || level === 'fatal' ? process.stderr : process.stdout;
  const line = { level, pid: process.pid, timestamp: Date.now(), message, context: 'Launcher', ...fields };
  stream.write(`${JSON.stringify(line)}\n`);
}

/**
 * Begins a line for a person, or rewrites it in a terminal.
 * @param {string} text
 */
export function beginLine(text) {
  process.stderr.write(isLineOpen ? `\r${text}` : text);
  isLineOpen = true;
}

/**
 * Ends the line that was begun.
 * @param {string} text
 */
export function endLine(text) {
  process.stderr.write(`${text}\n`);
  isLineOpen = false;
}

/**
 * Prints as the server does (src/app/output.ts): in production as JSON, including Node's own warnings and the error that
 * ends this process.
 */
export function speakAsServer() {
  isJson = environmentName()?.trim() === 'production';
  if (!isJson) return;
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => say('warn', message, { name }));
  process.on('uncaughtException', ({ name, message, stack }) => {
    say('fatal', 'The launcher ends because of an uncaught error', { error: { name, message, stack } });
    process.exit(1);
  });
}

/** NODE_ENV as the server will see it: a value of the environment, even an empty one, wins over the file `.env`. */
function environmentName() {
  const { NODE_ENV } = process.env;
  if (NODE_ENV !== undefined) return NODE_ENV;
  try {
    return util.parseEnv(readFileSync(new URL('.env', root), 'utf8')).NODE_ENV;
  } catch {
    return undefined;
  }
}
