import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import {
  Chat,
  type MemoryChat,
  DuoChatService,
  DuoService,
  type DuoTool,
  Tool,
  toolFiles,
  type ToolFiles,
} from '../../src/index.js';
import { imagePart, pdfPart } from '../sample-files.js';
import { json, type Reply, sse, startUpstream, type Upstream } from '../unit/gateway/upstream.js';
import { startTestHost, type TestHost } from './support/test-module.js';
import { type VendorWire, vendorWires } from './support/vendor-wires.js';

const photo = imagePart([2, 2], 'photo.png');

@Tool({ description: 'Pays', parameters: { type: 'object' } })
class Pay implements DuoTool {
  execute(): ToolFiles {
    return toolFiles('paid', [photo]);
  }
}

@Module({ providers: [Pay] })
class Tools {}

type Name = keyof typeof vendorWires;

/** Where each API finds the call of the first answer, its result, and the question, in its own notation. */
const places: Record<Name, { call: string; result: string; question: string }> = {
  Messages: {
    call: 'messages.1.content.0.tool_use.input',
    result: 'messages.2.content.0.tool_result.content.0.text',
    question: 'messages.0.content.0.text',
  },
  'Chat Completions': {
    call: 'messages[1].tool_calls[0].function.arguments',
    result: 'messages.[2].content',
    question: 'messages.[0].content',
  },
  Responses: { call: 'input[1].arguments', result: 'input[2].output', question: 'input[0].content[0].text' },
};

/** What a vendor says of a place in a request; Anthropic says it in the message, OpenAI beside it. */
function refusal(name: Name, place: string | null, message: string): Reply {
  const type = 'invalid_request_error';
  if (name !== 'Messages') return json(400, { error: { message, type, param: place, code: 'invalid_value' } });
  return json(400, { type: 'error', error: { type, message: place === null ? message : `${place}: ${message}` } });
}

describe.each(Object.entries(vendorWires) as [Name, VendorWire][])('A part that %s refuses', (name, wire) => {
  let upstream: Upstream;
  let host: TestHost;
  const vendor = name === 'Messages' ? 'anthropic' : 'openai';
  const answer = sse(wire.start, wire.text('Done.'), wire.lastUsage, wire.end);
  const call = sse(wire.start + wire.call('{"to":"Ann"}'));

  beforeAll(async () => {
    upstream = await startUpstream();
    const gitlab = { instanceUrl: upstream.url, gatewayUrl: upstream.url };
    host = await startTestHost([Chat], { imports: [Tools], gitlab });
  });
  beforeEach(() => {
    upstream.requests.length = 0;
  });
  afterAll(async () => {
    await host.close();
    await upstream.close();
  });

  const stored = () => host.app.get<DuoChatService<Chat>>(DuoChatService);
  const open: Record<string, () => Promise<Chat | MemoryChat>> = {
    'in memory': () => Promise.resolve(host.app.get(DuoService).chat({ model: wire.model })),
    persisted: () => stored().create({ model: wire.model }),
  };
  const messagesOf = async (chat: Chat | MemoryChat) =>
    chat instanceof Chat ? (await stored().messages(chat.id)).items : chat.messages;
  const bodies = () => upstream.requests.splice(0).map(({ body }) => body);

  describe.each(Object.entries(open))('A part refused by its path, by %s', (_kind, create) => {
    // Each API names a part by its path in the request.
    it.each(['call', 'result'] as const)('is left out as a %s of a tool, and the chat continues', async (what) => {
      const chat = (await create()).withTools(Pay);
      upstream.onGateway(call, refusal(name, places[name][what], 'This is not valid here.'), answer);
      expect((await chat.ask('Pay')).text).toBe('Done.');
      await chat.ask('And now?');
      const [, refused = '', resent, later] = bodies();
      expect(refused).not.toContain('left out');
      const note = `[${what} of the tool pay left out: the model's vendor refused it (This is not valid here.)]`;
      expect([resent, later]).toEqual([expect.stringContaining(note), expect.stringContaining(note)]);
      const [, said, result] = await messagesOf(chat);
      const part = (what === 'call' ? said : result)?.parts.at(-1);
      expect(part).toMatchObject({ type: `tool-${what}`, rejected: { [vendor]: 'This is not valid here.' } });
    });

    it('is left out of a tool result as a file', async () => {
      const chat = (await create()).withTools(Pay);
      upstream.onGateway(call, refusal(name, null, 'Could not process image'), answer);
      await chat.ask('Pay');
      const [, refused, resent] = bodies();
      expect(refused).toContain(photo.data);
      expect(resent).not.toContain(photo.data);
      expect(resent).toContain('[image photo.png left out');
      expect((await messagesOf(chat))[2]?.parts[0]).toMatchObject({
        content: 'paid',
        files: [{ filename: 'photo.png', rejected: { [vendor]: 'Could not process image' } }],
      });
    });

    // What is too large as a whole can only be made smaller: files go, the oldest first.
    it('is the oldest file if the request is too large', async () => {
      const chat = await create();
      const files = [imagePart([1, 1], 'old.png'), imagePart([3, 3], 'new.png')];
      upstream.onGateway(json(413, { error: { type: 'request_too_large', message: 'Request too large' } }), answer);
      await chat.ask('Look', { attachments: files });
      const [, resent] = bodies();
      expect(resent).toContain('[image old.png left out');
      expect(resent).toContain(files[1]?.data);
    });

    it.each([
      ['names nothing', null, 'The request is not valid.'],
      ['names a place that is not there', 'messages.77.content.0', 'This is not valid here.'],
      ['names the question', places[name].question, 'This is not valid here.'],
      ['speaks of documents, of which there are none', null, 'The PDF specified was not valid.'],
    ])('causes an error, and is not remembered, if the error %s', async (_what, place, message) => {
      const chat = await create();
      upstream.onGateway(refusal(name, place, message), answer);
      await expect(chat.ask('Look')).rejects.toMatchObject({ code: 'upstream_error', isRetryable: false });
      expect(bodies()).toHaveLength(1);
      await chat.complete();
      expect(JSON.stringify(await messagesOf(chat))).not.toContain('rejected');
    });

    it('causes an error in a question, and is left out once another follows', async () => {
      const chat = await create();
      upstream.onGateway(refusal(name, places[name].question, 'This is not valid here.'));
      await expect(chat.ask('Look')).rejects.toMatchObject({ code: 'upstream_error' });
      upstream.onGateway(refusal(name, places[name].question, 'This is not valid here.'), answer);
      expect((await chat.ask('And here?')).text).toBe('Done.');
      const [, refused, resent] = bodies();
      expect(refused).toContain('"Look"');
      expect(resent).toContain("[text left out: the model's vendor refused it (This is not valid here.)]");
      expect(resent).toContain('And here?');
    });

    it('causes at most as many retries as there are parts to leave out', async () => {
      const chat = await create();
      upstream.onGateway(refusal(name, null, 'Could not process image'));
      const attachments = [imagePart(), imagePart(), imagePart(), ...(name === 'Messages' ? [pdfPart()] : [])];
      await expect(chat.ask('Look', { attachments })).rejects.toMatchObject({ code: 'upstream_error' });
      // As it is, without each image, and without all of them.
      expect(bodies()).toHaveLength(5);
      expect(JSON.stringify(await messagesOf(chat))).not.toContain('rejected');
    });
  });
});
