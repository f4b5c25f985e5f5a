import { readFileSync } from 'node:fs';
import util from 'node:util';
import { root } from './run.mjs';

/** Whether a collector of logs reads, for which every line is JSON; else a person does. */
export let isJson = false;

let isLineOpen = false;

/**
 * Says something in a line of its own: to a collector with the fields of the server's lines, on standard output unless it is
 * an error, to a person on standard error.
 * @param {'log' | 'warn' | 'error' | 'fatal'} level
 * @param {string} message
 * @param {Record<string, unknown>} [fields] for the collector alone
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
 * Begins a line for a person, or writes it again in a terminal.
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
 * Speaks as the server does, src/app/output.ts: in production as JSON, also where Node would print text by itself, its
 * warnings and the error that ends this process.
 */
export function speakAsServer() {
  isJson = environmentName()?.trim() === 'production';
  if (!isJson) return;
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => say('warn', message, { name }));
  process.on('uncaughtException', ({ name, message, stack }) => {
    say('fatal', 'The launcher ends by an error that nothing has caught', { error: { name, message, stack } });
    process.exit(1);
  });
}

/** NODE_ENV as the server will have it: what the environment has, be it empty, the file `.env` does not change. */
function environmentName() {
  const { NODE_ENV } = process.env;
  if (NODE_ENV !== undefined) return NODE_ENV;
  try {
    return util.parseEnv(readFileSync(new URL('.env', root), 'utf8')).NODE_ENV;
  } catch {
    return undefined;
  }
}
