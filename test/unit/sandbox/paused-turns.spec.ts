import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { ask, type Body, SandboxClient } from './sandbox-client.js';

type Block = Record<string, unknown>;

let sandbox: Sandbox;
let client: SandboxClient;

beforeAll(async () => {
  sandbox = await startSandbox();
  client = await SandboxClient.connect(sandbox);
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.reset();
});

const HELLO = { role: 'user', content: 'Hello' };
const post = (messages: unknown[], extra: Body = {}) =>
  client.post('anthropic-messages', ask('anthropic-messages', '', { messages, ...extra }));

async function paused(extra: Body = {}): Promise<Block[]> {
  sandbox.fault({ fault: 'answer-pause-turn' });
  const { json } = await post([HELLO], extra);
  expect(json).toMatchObject({ stop_reason: 'pause_turn' });
  return (json as { content: Block[] }).content;
}

// Source: Anthropic's "Handling stop reasons", `pause_turn`, and the refusal that users of server tools report.
describe('A paused turn', () => {
  it('ends with a server tool call that has no result', async () => {
    const content = await paused();
    expect(content.at(-1)).toMatchObject({ type: 'server_tool_use', id: expect.stringMatching(/^srvtoolu_/) });
    sandbox.fault({ fault: 'answer-pause-turn' });
    const { text } = await client.stream('anthropic-messages', 'Hello');
    expect(text).toContain('"type":"server_tool_use"');
    expect(text).toContain('"input_json_delta"');
  });

  it.each(['claude-sonnet-4-6', 'claude-fable-5-1', 'claude-opus-4-5-20251101'])(
    'is continued by %s if it is sent back unchanged',
    async (model) => {
      const content = await paused({ model });
      const { status, json } = await post([HELLO, { role: 'assistant', content }], { model });
      expect([status, json]).toMatchObject([200, { stop_reason: 'end_turn' }]);
      expect((json as { content: Block[] }).content[0]).toMatchObject({
        type: 'web_search_tool_result',
        tool_use_id: content.at(-1)?.id,
      });
    },
  );

  it('is refused if the user speaks in the middle of it', async () => {
    const content = await paused();
    const { status, json } = await post([HELLO, { role: 'assistant', content }, { role: 'user', content: 'Go on.' }]);
    const message = `messages.1: \`web_search\` tool use with id \`${String(content.at(-1)?.id)}\` was found without a corresponding \`web_search_tool_result\` block`;
    expect([status, json]).toMatchObject([400, { error: { message } }]);
  });

  it('is over once its result has come', async () => {
    const content = await paused();
    const { json } = await post([HELLO, { role: 'assistant', content }]);
    const rest = (json as { content: Block[] }).content;
    const said = [HELLO, { role: 'assistant', content: [...content, ...rest] }, { role: 'user', content: 'Thanks' }];
    expect((await post(said)).status).toBe(200);
  });
});
