import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Logger } from '@nestjs/common';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Agent } from 'undici';
import { childEnvironment } from '../../child-environment.js';
import { compiledProgram } from '../../compiled-program.js';
import { type GitlabDuoModuleOptions } from '../../../src/config/gitlab-duo-options.interface.js';
import { type JsonObject } from '../../../src/messages/json.interface.js';
import { type ModelEvent, type ModelRequest } from '../../../src/messages/model-request.interface.js';
import { assistant, call, image, pdf, result, user, weather } from '../delegates/conversation.js';
import { type Client, clientOf } from './client.js';
import {
  beginSse,
  closed,
  frame,
  grant,
  json,
  messageStart,
  type Reply,
  silence,
  sse,
  startUpstream,
  text,
  textDelta,
  type Upstream,
} from './upstream.js';

const CLAUDE = 'duo-chat-haiku-4-5';
const CHAT = 'duo-chat-gpt-5-1';
const RESPONSES = 'duo-chat-gpt-5-6-sol';

let upstream: Upstream;
let client: Client;

beforeAll(() => {
  Logger.overrideLogger(false);
});
beforeEach(async () => {
  upstream = await startUpstream();
  client = clientOf(upstream.url);
});
afterEach(async () => {
  await client.close();
  await upstream.close();
});

const asking = (model: string, more: Partial<ModelRequest> = {}): ModelRequest => ({
  model,
  messages: [user('Hi')],
  ...more,
});

async function route(request: ModelRequest, signal?: AbortSignal) {
  const events: ModelEvent[] = [];
  const outcome = await client.router.route(request, { signal, onEvents: (batch) => void events.push(...batch) });
  return { ...outcome, events };
}

/** Another client, of which nothing is left when the test ends. */
async function reopen(options: GitlabDuoModuleOptions): Promise<void> {
  await client.close();
  client = clientOf(upstream.url, options);
}

const once = () => reopen({ retries: { tries: 1 } });

/** The body that a request becomes on the wire. */
async function sent(model: string, more: Partial<ModelRequest>): Promise<Record<string, JsonObject & JsonObject[]>> {
  upstream.onGateway(json(400, { detail: 'Enough' }));
  await route(asking(model, more));
  return JSON.parse(upstream.requests.at(-1)?.body ?? '') as Record<string, JsonObject & JsonObject[]>;
}

/** What a stream of these events comes to. */
async function heard(model: string, ...events: { type: string; [field: string]: unknown }[]) {
  await once();
  upstream.onGateway(sse(...events.map(frame)));
  return route(asking(model));
}

describe('Mistakes of other clients', () => {
  it('1: many concurrent calls of any model share one exchange, and expires_at is honoured', async () => {
    const models = [CLAUDE, 'duo-chat-opus-5', CHAT, RESPONSES, CLAUDE];
    upstream.onGateway(json(400, { detail: 'Enough' }));
    await Promise.all(models.map((model) => route(asking(model))));
    expect(upstream.exchanges).toHaveLength(1);
    expect(upstream.requests).toHaveLength(5);

    await reopen({});
    upstream.onExchange(grant({ expires_at: Math.floor(Date.now() / 1000) + 30 }));
    for (let turn = 0; turn < 2; turn += 1) await route(asking(CLAUDE));
    expect(upstream.exchanges).toHaveLength(3);
  });

  it('2: x-api-key is never forwarded to the gateway, in any letter case', async () => {
    upstream.onExchange(
      grant({ headers: { 'x-api-key': '1', 'X-Api-Key': '2', 'X-API-KEY': '3', 'X-Gitlab-Realm': 'saas' } }),
    );
    await route(asking(CLAUDE));
    expect(Object.keys(upstream.request().headers)).not.toContain('x-api-key');
    expect(upstream.request().headers['x-gitlab-realm']).toBe('saas');
  });

  it('3: one dispatcher serves the exchange and the gateway calls', async () => {
    const taken: string[] = [];
    const agent = new Agent();
    const dispatcher = agent.compose((dispatch) => (options, handler) => {
      taken.push(options.path);
      return dispatch(options, handler);
    });
    await reopen({ dispatcher });
    await route(asking(CLAUDE));
    expect(taken).toEqual(['/api/v4/ai/third_party_agents/direct_access', '/ai/v1/proxy/anthropic/v1/messages']);
    await agent.destroy();
  });

  it('4: an abort is not a finish, closes the socket immediately, and leaves no unhandled rejection', async () => {
    const stall: Reply = (response) => {
      beginSse(response);
      response.write(messageStart + textDelta('Hel'));
    };
    for (const reply of [silence, stall]) {
      upstream.onGateway(reply);
      const controller = new AbortController();
      const arrival = upstream.arrival('gateway');
      const routed = route(asking(CLAUDE), controller.signal);
      const received = await arrival;
      controller.abort(new Error('mine'));
      await closed(received);
      const { error, attempt, answer } = await routed;
      expect(error).toBe(controller.signal.reason);
      // What it cost was not told.
      expect(attempt.status).toBe('unknown');
      expect(answer.finishReason).toBe('other');
    }
    const program = [await compiledProgram('test/unit/gateway/stray-rejections.ts')];
    const { stdout } = await promisify(execFile)(process.execPath, program, {
      env: childEnvironment(),
    });
    expect(stdout).toContain('no stray rejection');
  }, 120_000);

  it('5: a truncated stream is an error, and half a tool call is never emitted', async () => {
    const start = { type: 'tool_use', id: 't1', name: 'weather', input: {} };
    const { error, events, answer } = await heard(
      CLAUDE,
      { type: 'message_start', message: {} },
      { type: 'content_block_start', index: 0, content_block: start },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"a":' } },
    );
    expect(error).toMatchObject({ code: 'upstream_error', isRetryable: true });
    expect(events).toEqual([]);
    expect(answer.parts).toEqual([]);
  });

  it('6: failing final events of Responses do not count as success', async () => {
    const details = { incomplete_details: { reason: 'max_output_tokens' } };
    const failed = { error: { code: 'server_error', message: 'Sorry' } };
    expect((await heard(RESPONSES, { type: 'response.failed', response: failed })).error).toMatchObject({
      code: 'upstream_error',
    });
    expect(
      (await heard(RESPONSES, { type: 'error', code: 'rate_limit_exceeded', message: 'Slow' })).error,
    ).toMatchObject({ code: 'rate_limited' });
    const { error, answer } = await heard(RESPONSES, { type: 'response.incomplete', response: details });
    expect(error).toBeUndefined();
    expect(answer.finishReason).toBe('length');
  });

  it('7: a 400 that mentions max_tokens is a bad request: it is not retried, and the token stays', async () => {
    const message = 'max_tokens: 200000 > 128000, which is the maximum allowed number of output tokens';
    upstream.onGateway(json(400, { type: 'error', error: { type: 'invalid_request_error', message } }));
    expect((await route(asking(CLAUDE))).error).toMatchObject({ code: 'upstream_error', isRetryable: false });
    expect(upstream.requests).toHaveLength(1);
    expect(upstream.exchanges).toHaveLength(1);
  });

  it('8: schemas are sent completely, files are sent or replaced with a note, and the output format is sent', async () => {
    const request = { tools: [weather], messages: [user('Look', image, pdf)] };
    for (const model of [CLAUDE, 'duo-chat-gpt-5-5', RESPONSES]) {
      const format = { response_format: { type: 'json_object' } };
      const body = await sent(model, { ...request, params: format });
      const tool = body.tools?.[0] as {
        input_schema?: unknown;
        parameters?: unknown;
        function?: { parameters: unknown };
      };
      expect(tool.input_schema ?? tool.parameters ?? tool.function?.parameters).toEqual(weather.parameters);
      expect(JSON.stringify(body)).toContain(image.data);
      expect(JSON.stringify(body)).toContain(pdf.data);
      expect(body.response_format).toEqual(format.response_format);
      const odd = await sent(model, { messages: [user({ type: 'file', mediaType: 'audio/wav', data: 'AA==' })] });
      expect(JSON.stringify(odd)).toContain('left out: the models do not read its format]');
    }
  });

  it('9: tool_choice reaches Responses, reasoning is replayed, and text stays before calls', async () => {
    const raw = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'sealed' };
    const thought = { type: 'reasoning' as const, text: 'Hm.', api: 'openai-responses' as const, raw };
    const messages = [user('Weather?'), assistant(thought, 'Let me look.', call('c1')), result('c1', 'sun')];
    const body = await sent(RESPONSES, { messages, tools: [weather], params: { tool_choice: 'required' } });
    expect(body.tool_choice).toBe('required');
    expect(
      body.input?.map(({ type, role }: JsonObject) => (type === undefined || type === 'message' ? role : type)),
    ).toEqual(['user', 'reasoning', 'assistant', 'function_call', 'function_call_output']);
    expect(body.input?.[1]).toMatchObject({ encrypted_content: 'sealed' });
  });

  it('10: thinking has no cache mark, and no text is empty', async () => {
    const raw = { type: 'thinking', thinking: 'Hm.', signature: 'sig' };
    const thought = { type: 'reasoning' as const, text: 'Hm.', api: 'anthropic-messages' as const, raw };
    const messages = [
      user('One', ''),
      assistant('', thought),
      user('Two'),
      assistant(thought, call('c1')),
      result('c1', ''),
    ];
    const body = await sent(CLAUDE, { messages, tools: [weather], params: { thinking: { effort: 'low' } } });
    const blocks = (body.messages ?? []).flatMap(({ content }) => content as JsonObject[]);
    expect(blocks.some(({ cache_control: mark }) => mark !== undefined)).toBe(true);
    for (const block of blocks) {
      if (block.type === 'thinking') expect(block).not.toHaveProperty('cache_control');
      if (block.type === 'text') expect(block.text).not.toBe('');
    }
  });

  it('11: refusal, pause and a full context window have finish reasons, and reasoning tokens are counted', async () => {
    for (const [reason, name] of [
      ['refusal', 'refusal'],
      ['pause_turn', 'pause'],
      ['model_context_window_exceeded', 'context-window'],
    ]) {
      const { answer } = await heard(
        CLAUDE,
        { type: 'message_start', message: {} },
        { type: 'message_delta', delta: { stop_reason: reason }, usage: { output_tokens: 1 } },
        { type: 'message_stop' },
      );
      expect(answer.finishReason).toBe(name);
    }
    const usage = { input_tokens: 5, output_tokens: 9, output_tokens_details: { reasoning_tokens: 7 } };
    const { answer } = await heard(RESPONSES, { type: 'response.completed', response: { usage } });
    expect(answer.usage).toMatchObject({ outputTokens: 9, reasoningTokens: 7 });
  });

  it('12: a rejected token repeats no emitted text, and an unknown model is not sent', async () => {
    upstream.onGateway(json(401, { error: 'Forbidden by auth provider' }), text('Hel', 'lo'));
    const { events } = await route(asking(CLAUDE));
    expect(events).toEqual([
      { type: 'text-delta', text: 'Hel' },
      { type: 'text-delta', text: 'lo' },
    ]);
    expect((await route(asking('gpt-4o'))).error).toMatchObject({ code: 'unknown_model' });
    expect(upstream.requests).toHaveLength(2);
  });
});
