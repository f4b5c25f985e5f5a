import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { SANDBOX_APIS, type SandboxApi } from '../../../src/sandbox/gateway/sandbox-api.js';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { type FilePart } from '../../../src/messages/part.interface.js';
import { brokenImage, filePart, imagePart, pdf, pdfPart } from '../../sample-files.js';
import { ask, type Body, SandboxClient } from './sandbox-client.js';

/** How each API names what it complains about, and its words. */
type Refusals = Partial<Record<SandboxApi, string>>;

const many = (count: number, part: FilePart = imagePart()) => Array.from({ length: count }, () => part);
const large = imagePart([2_001, 10]);
const bytes = Buffer.from(imagePart().data, 'base64');
const heavyImage = filePart(
  'image/png',
  Buffer.concat([bytes.subarray(0, -12), Buffer.alloc(7_864_389), bytes.subarray(-12)]),
);

/** The words of the vendors, as the users of their APIs have reported them. */
const refused: [name: string, files: FilePart[], says: Refusals][] = [
  [
    'an image of another type than it says',
    [{ ...imagePart(), mediaType: 'image/jpeg' }],
    {
      'anthropic-messages':
        'messages.0.content.0.image.source.base64: The image was specified using the image/jpeg media type, but the image appears to be a image/png image',
    },
  ],
  [
    'an image that cannot be read',
    [imagePart(), brokenImage()],
    {
      'anthropic-messages': 'Could not process image',
      'openai-chat': 'You uploaded an unsupported image. Please make sure your image is valid.',
      'openai-responses': 'The image data you provided does not represent a valid image.',
    },
  ],
  [
    'a page for an image',
    [filePart('image/jpeg', Buffer.from('<html>404</html>'))],
    {
      'anthropic-messages': 'Could not process image',
      'openai-chat': 'You uploaded an unsupported image. Please make sure your image is valid.',
      'openai-responses': 'The image data you provided does not represent a valid image.',
    },
  ],
  [
    'an image that is not base64',
    [{ ...imagePart(), data: '-' }],
    {
      'anthropic-messages': 'messages.0.content.0.image.source.base64: invalid base64 data',
      'openai-chat':
        "Invalid image URL: 'messages[0].content[0].image_url.url'. Expected a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got an invalid base64-encoded value.",
      'openai-responses':
        "Invalid 'input[0].content[0].image_url'. Expected a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got an invalid base64-encoded value.",
    },
  ],
  [
    'an image whose side is too long',
    [imagePart([8_000, 8_000]), imagePart([10, 8_001])],
    {
      'anthropic-messages':
        'messages.0.content.1.image.source.base64.data: At least one of the image dimensions exceed max allowed size: 8000 pixels',
    },
  ],
  [
    'a longer side among more than 20 images',
    [...many(20), large],
    {
      'anthropic-messages':
        'messages.0.content.20.image.source.base64.data: At least one of the image dimensions exceed max allowed size for many-image requests: 2000 pixels',
    },
  ],
  ['a side that only many images may not have', [...many(19), large], {}],
  [
    'an image of more than 10 MB in base64',
    [heavyImage],
    {
      'anthropic-messages': `messages.0.content.0.image.source.base64: image exceeds 10 MB maximum: ${heavyImage.data.length} bytes > 10485760 bytes`,
    },
  ],
  [
    'more images than a request may have',
    many(601),
    {
      'anthropic-messages': 'Too much media: 0 document pages + 601 images > 600',
      'openai-chat': 'Too many images in request. Max is 500.',
      'openai-responses': 'Too many images in request. Max is 500.',
    },
  ],
  [
    'a document that is none',
    [pdfPart('a.pdf', Buffer.from('%PDF-1.4 not really a pdf'))],
    {
      'anthropic-messages': 'messages.0.content.0.pdf.source.base64.data: The PDF specified was not valid.',
      'openai-chat': "Invalid file data: 'messages[0].content[0].file.file_data'.",
      'openai-responses': "Invalid file data: 'input[0].content[0].file_data'.",
    },
  ],
  [
    'a document with a password',
    [pdfPart('a.pdf', pdf(1, '/Encrypt 9 0 R'))],
    { 'anthropic-messages': 'messages.0.content.0.pdf.source.base64.data: The PDF specified is password protected.' },
  ],
  [
    'a document of too many pages',
    [pdfPart('a.pdf', pdf(601))],
    {
      'anthropic-messages': 'messages.0.content.0.pdf.source.base64.data: A maximum of 600 PDF pages may be provided.',
    },
  ],
  [
    'documents and images',
    [pdfPart('a.pdf', pdf(600)), imagePart()],
    { 'anthropic-messages': 'Too much media: 600 document pages + 1 images > 600' },
  ],
];

function block(api: SandboxApi, { mediaType, data, filename }: FilePart): Body {
  const url = `data:${mediaType};base64,${data}`;
  const isImage = mediaType.startsWith('image/');
  switch (api) {
    case 'anthropic-messages':
      return { type: isImage ? 'image' : 'document', source: { type: 'base64', media_type: mediaType, data } };
    case 'openai-chat':
      return isImage ? { type: 'image_url', image_url: { url } } : { type: 'file', file: { filename, file_data: url } };
    case 'openai-responses':
      return isImage ? { type: 'input_image', image_url: url } : { type: 'input_file', filename, file_data: url };
  }
}

/** A conversation that holds the files: said by the user, or what a tool has answered. */
function body(api: SandboxApi, files: readonly FilePart[]): Body {
  const key = api === 'openai-responses' ? 'input' : 'messages';
  return ask(api, '', {
    model: MODELS[api],
    [key]: [{ role: 'user', content: files.map((file) => block(api, file)) }],
  });
}

const MODELS: Record<SandboxApi, string> = {
  'anthropic-messages': 'claude-sonnet-4-6',
  'openai-chat': 'gpt-5.5-2026-04-23',
  'openai-responses': 'gpt-5.6-sol',
};

describe.each(SANDBOX_APIS)('Sandbox file rules of %s', (api) => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeAll(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
  });
  afterAll(() => sandbox.close());

  it.each(refused)('%s', async (_name, files, says) => {
    const { status, json } = await client.post(api, body(api, files));
    const expected = says[api];
    expect([status, json]).toMatchObject(
      expected === undefined
        ? [200, {}]
        : [400, { error: { type: 'invalid_request_error', message: expect.stringContaining(expected) } }],
    );
  });
});

describe('Sandbox file rules for tool results', () => {
  it('name the path of a file in a result of Anthropic', async () => {
    const sandbox = await startSandbox();
    const client = await SandboxClient.connect(sandbox);
    const file = { ...imagePart(), mediaType: 'image/gif' };
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'look', input: {} }] },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 'a', content: [block('anthropic-messages', file)] }],
      },
    ];
    const { json } = await client.post('anthropic-messages', ask('anthropic-messages', '', { messages }));
    expect(json).toMatchObject({
      error: {
        message: expect.stringMatching(/^messages\.2\.content\.0\.tool_result\.content\.0\.image\.source\.base64: /),
      },
    });
    await sandbox.close();
  });

  it('name the parameter of a file in an output of Responses', async () => {
    const sandbox = await startSandbox();
    const client = await SandboxClient.connect(sandbox);
    const input = [
      { role: 'user', content: 'Hi' },
      { type: 'function_call', call_id: 'a', name: 'look', arguments: '{}' },
      {
        type: 'function_call_output',
        call_id: 'a',
        output: [block('openai-responses', { ...imagePart(), data: '-' })],
      },
    ];
    const { json } = await client.post('openai-responses', ask('openai-responses', '', { input }));
    expect(json).toMatchObject({ error: { param: 'input[2].output[0].image_url', code: 'invalid_value' } });
    await sandbox.close();
  });

  it('allow fewer images and pages for a short context window', async () => {
    const sandbox = await startSandbox();
    const client = await SandboxClient.connect(sandbox);
    const request = { ...body('anthropic-messages', many(101)), model: 'claude-haiku-4-5-20251001' };
    const { json } = await client.post('anthropic-messages', request);
    expect(json).toMatchObject({ error: { message: 'Too much media: 0 document pages + 101 images > 100' } });
    await sandbox.close();
  });
});
