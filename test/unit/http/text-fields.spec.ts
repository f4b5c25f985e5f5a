import 'reflect-metadata';
import { type Type } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ChatDto, NewChatDto } from '../../../src/http/dto/chat.dto.js';
import { CompletionDto, MessageDto } from '../../../src/http/dto/message.dto.js';
import { DenialDto } from '../../../src/http/dto/tool-call.dto.js';
import { readTextFields } from '../../../src/http/text-fields.js';
import { validationPipe } from '../../../src/http/validation.js';

const dtos: [name: string, dto: Type][] = [
  ['MessageDto', MessageDto],
  ['CompletionDto', CompletionDto],
  ['NewChatDto', NewChatDto],
  ['ChatDto', ChatDto],
  ['DenialDto', DenialDto],
];

const names = [
  ...['content', 'model', 'whenBusy', 'onDisconnect', 'attachments', 'title', 'instructions', 'params', 'metadata'],
  ...['agent', 'inputs', 'externalId', 'reason', 'unknown', 'constructor', 'toString', '__proto__'],
];
const values = fc.oneof(
  fc.string(),
  fc.constantFrom(
    '',
    'reject',
    'enqueue',
    'interrupt',
    'continue',
    'cancel',
    'duo-chat-haiku-4-5',
    'x'.repeat(1_100_000),
  ),
  fc.constantFrom(null, 1, true, [], {}, ['a'], undefined),
);
const bodies = fc
  .array(fc.tuple(fc.constantFrom(...names), values), { maxLength: 4 })
  .map((fields) => JSON.parse(JSON.stringify(Object.fromEntries(fields))) as object);

describe('readTextFields', () => {
  it('reads a message with a text alone', () => {
    const read = readTextFields({ content: 'Hi' }, MessageDto);
    expect(read).toBeInstanceOf(MessageDto);
    expect(read).toEqual({ content: 'Hi' });
  });

  it.each(dtos)('reads no body of %s otherwise than the validation of all fields', async (_name, dto) => {
    let reads = 0;
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const read = readTextFields(body, dto);
        if (read === undefined) return;
        reads += 1;
        expect(await byThePipe(body, dto)).toEqual(read);
      }),
      { numRuns: 300 },
    );
    expect(reads).toBeGreaterThan(0);
  });
});

/** What class-validator and class-transformer make of a body. */
async function byThePipe(body: object, dto: Type): Promise<unknown> {
  return validationPipe().transform(body, { type: 'custom', metatype: dto });
}
