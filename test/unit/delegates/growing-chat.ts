import { askedCall, withAskedCall } from '../../../src/delegates/asked-call.js';
import { type ModelMessage } from '../../../src/messages/message.interface.js';
import { type ModelParams } from '../../../src/messages/model-request.interface.js';
import { type ToolResultPart } from '../../../src/messages/part.interface.js';
import { ImmutableMessage } from '../../../src/messages/immutable-message.js';
import { type Model } from '../../../src/models/model.interface.js';
import { DelegateRegistry } from '../../../src/router/delegates.service.js';
import { assistant, call, image, result, system, user, weather } from './conversation.js';
import { randomHistory } from './random-history.js';
import { encrypted, redacted, signed } from './thoughts.js';

const delegates = new DelegateRegistry();

let stored = 0;

/** A message as the database has it, which is never changed again. */
export function settled({ role, parts }: ModelMessage): ImmutableMessage {
  stored += 1;
  return new ImmutableMessage(`message ${stored}`, stored, role, 'complete', JSON.stringify(parts));
}

/** The request for an answer to a history, with a tool on offer, as the router sends it. */
export function body(model: Model, messages: readonly ModelMessage[], params: ModelParams = {}): string {
  const request = { model: model.id, messages, params, tools: [weather] };
  return delegates
    .get(model)
    .render(model, withAskedCall(request, askedCall(model, request)))
    .body.toString();
}

/** The same history of other objects, of which nothing can be known. */
export const fromScratch = (messages: readonly ModelMessage[]): ModelMessage[] =>
  messages.map(({ role, parts }) => ({ role, parts }));

const denied = { denied: true, reason: 'Too much' };

/** Messages that a chat may get at once: whole turns for the most part, so that some of them settle. */
export function addition(below: (bound: number) => number): ModelMessage[] {
  const id = `c${below(6)}`;
  const name = `t${below(2 ** 31)}`;
  const additions: (() => ModelMessage[])[] = [
    () => [user('Hi'), assistant('Hello\n')],
    () => [user('Think'), assistant(signed(), 'Done.')],
    () => [user('Think'), assistant(redacted(name), encrypted(name), 'Done.')],
    () => [user('Say'), assistant('Yes'), assistant('No ')],
    () => [user('Call'), assistant(signed(), 'Wait.', call(id)), result(id, 'fine'), assistant('So.')],
    () => [user('Call'), assistant(encrypted(name), call(id)), result(id, ''), assistant(encrypted(`${name}b`), 'So.')],
    () => [user('Call'), assistant(redacted(name), call(id), call(id)), result(id, denied, true), assistant('No.')],
    () => [user('Call'), assistant(call(id), call('b')), user('Hurry'), result('b', 'late'), assistant('There.')],
    () => [user('Fail'), assistant(call(id), call('b')), result('b', '', true), result(id, 'no', true)],
    () => [user('Show'), assistant(call(id)), shown(id), assistant(signed(), call('b')), shown('b'), assistant('So.')],
    () => [user('Lose it'), assistant(call(id)), user('Well?'), assistant('Nothing came.')],
    () => [user('Stop'), assistant('Half a')],
    () => [user('Stop'), assistant(signed())],
    () => [result(id, 'very late')],
    () => [user('One'), user('Two'), assistant('Three')],
    () => [user(image), assistant('I see.')],
    () => [system(`Be brief, ${id}.`), user('Hi'), assistant('Ho')],
    () => randomHistory(below(2 ** 31)),
  ];
  return additions[below(additions.length)]?.() ?? [];
}

/** What may happen to the rows of a chat between two asks. */
export function changed(history: ImmutableMessage[], below: (bound: number) => number): ImmutableMessage[] {
  const place = below(history.length + 1);
  switch (below(12)) {
    case 0:
      return history.map(settled);
    case 1:
      return history.filter((_message, index) => index !== place);
    case 2:
      return history.map((message, index) => (index === place ? settled({ role: message.role, parts: [] }) : message));
    case 3:
      return history.slice(0, place);
    case 4:
      return [...history.slice(0, place), ...addition(below).map(settled), ...history.slice(place)];
    default:
      return [...history, ...addition(below).map(settled)];
  }
}

function shown(id: string): ModelMessage {
  const part: ToolResultPart = {
    type: 'tool-result',
    id,
    name: 'weather',
    content: '',
    files: [image],
    isError: false,
  };
  return { role: 'tool', parts: [part] };
}
