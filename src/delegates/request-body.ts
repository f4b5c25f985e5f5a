import { type JsonObject } from '../messages/json.interface.js';

/** The body of a request: its settings, and behind them its longest list, whose items are JSON already. */
export function requestBody(settings: JsonObject, list: string, items: readonly Buffer[]): Buffer {
  const head = `${JSON.stringify(settings).slice(0, -1)},${JSON.stringify(list)}:[`;
  return Buffer.concat([Buffer.from(head), ...items, Buffer.from(']}')]);
}
