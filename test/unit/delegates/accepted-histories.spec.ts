import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ModelMessage } from '../../../src/messages/message.interface.js';
import { type ModelParams } from '../../../src/messages/model-request.interface.js';
import { type ImmutableMessage } from '../../../src/messages/immutable-message.js';
import { type Model } from '../../../src/models/model.interface.js';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { casesOf, generator } from '../random.js';
import { SandboxClient } from '../sandbox/sandbox-client.js';
import { assistant, call, result, user } from './conversation.js';
import { addition, body, changed, fromScratch, settled } from './growing-chat.js';
import { modelOf } from './models.js';
import { encrypted, redacted, signed } from './thoughts.js';

const CHATS = casesOf(25);
const CHANGES = 12;

/** One model of each kind: with a budget to think, thinking as it likes, and of the two APIs of OpenAI. */
const models = [
  'duo-chat-sonnet-4-6',
  'duo-chat-haiku-4-5',
  'duo-chat-opus-4-6',
  'duo-chat-opus-5',
  'duo-chat-opus-5-5',
  'duo-chat-sonnet-5-5',
  'duo-chat-gpt-5-2',
  'duo-chat-gpt-5-6-sol',
].map(modelOf);

const settings: ModelParams[] = [
  {},
  { thinking: { effort: 'high' } },
  { thinking: { budgetTokens: 2_000 }, toolChoice: 'required' },
  { temperature: 0.3, toolCalls: 'one' },
];

/** What the model is asked to continue: the user's words, or what came of its calls. */
function ending(below: (bound: number) => number): ModelMessage[] {
  const name = `e${below(2 ** 31)}`;
  const endings: (() => ModelMessage[])[] = [
    () => [user('And now?')],
    () => [user('And now?'), user('Well?')],
    () => [user('Go'), assistant(call('z'), call('y')), result('z', 'fine')],
    () => [user('Go'), assistant(signed(), 'Wait.', call('z')), result('z', 'fine'), user('Hurry')],
    () => [user('Go'), assistant(redacted(name), call('z')), result('z', ' ', true)],
    () => [user('Go'), assistant(encrypted(name), call('z')), result('z', 'fine')],
    () => [user('Go'), assistant(signed(), call('z')), result('z', '1'), assistant(call('z')), result('z', '2')],
  ];
  return endings[below(endings.length)]?.() ?? [];
}

describe('Random histories', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeAll(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
  });
  afterAll(() => sandbox.close());

  /** Why the vendor refuses a request; nothing where it answers. */
  async function refusal(model: Model, sent: string): Promise<string> {
    const init = { method: 'POST', headers: client.headers, body: sent };
    const response = await fetch(client.url(model.api), init);
    const text = await response.text();
    return response.status === 200 ? '' : `${response.status} ${text}`;
  }

  it.each(models)('are accepted for $id, rendered incrementally or at once', async (model) => {
    for (let seed = 1; seed <= CHATS; seed += 1) {
      const below = generator(seed);
      let history: ImmutableMessage[] = [];
      for (let change = 1; change <= CHANGES; change += 1) {
        history = below(3) === 0 ? changed(history, below) : [...history, ...addition(below).map(settled)];
        const params = settings[below(settings.length)] ?? {};
        const asked = [...history, ...ending(below)];
        const sent = body(model, asked, params);
        const context = { seed, change, params };
        expect({ ...context, sent }).toEqual({ ...context, sent: body(model, fromScratch(asked), params) });
        expect({ ...context, refusal: await refusal(model, sent) }).toEqual({ ...context, refusal: '' });
      }
    }
  });
});
