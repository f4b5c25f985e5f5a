import { describe, expect, it } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { DuoService, GitlabDuoModule } from '../../src/index.js';
import { createDuoTestingModule, DuoScript, type ScriptedReply } from '../../src/testing/index.js';

const deep = `{"id":${'['.repeat(1_000)}${']'.repeat(1_000)}}`;
const long = '{"id":12345678901234567890}';
const schema = { type: 'object', properties: { id: {} }, required: ['id'] } as const;

function boot(replies: ScriptedReply[]): Promise<TestingModule> {
  return Test.createTestingModule({ imports: [createDuoTestingModule({ replies })] }).compile();
}

// RFC 8259, section 6: integers outside of -(2^53)+1 to (2^53)-1 are not interoperable; JSON.parse rounds them in silence.
describe('A structured answer that cannot be stored exactly', () => {
  it.each([
    ['an integer beyond 2^53', long, 'its number 12345678901234567890 has more digits than a JSON number keeps'],
    ['more than 1,000 levels', deep, 'it is nested deeper than 1,000 levels'],
    ['the same in a block of code', `Here:\n\`\`\`json\n${long}\n\`\`\``, 'its number 12345678901234567890'],
  ])('is corrected if it has %s, and never rounded', async (_what, wrong, problem) => {
    const app = await boot([wrong, '{"id":"12345678901234567890"}']);
    const { parsed, text } = await app.get(DuoService).chat().ask('Who?', { schema });
    expect([parsed, text]).toEqual([{ id: '12345678901234567890' }, '{"id":"12345678901234567890"}']);
    const correction = app.get(DuoScript).requests[1]?.messages.at(-1)?.parts.at(-1);
    expect(correction).toEqual({ type: 'prompt', text: expect.stringContaining(problem) });
    await app.close();
  });

  it.each([long, deep])('is a schema mismatch if it stays wrong', async (wrong) => {
    const app = await boot([wrong, wrong]);
    const asked = app.get(DuoService).chat().ask('Who?', { schema });
    await expect(asked).rejects.toMatchObject({ code: 'schema_mismatch' });
    await app.close();
  });
});

describe('A host value that is circular or nested too deeply', () => {
  it('is refused as an invalid argument, not as an internal error', async () => {
    const app = await Test.createTestingModule({ imports: [GitlabDuoModule.forRoot({ apiKey: 'any' })] }).compile();
    const duo = app.get(DuoService);
    const nested = JSON.parse('['.repeat(5_000) + ']'.repeat(5_000)) as [];
    const circular: Record<string, unknown> = {};
    circular.itself = circular;
    for (const value of [nested, circular as unknown as []]) {
      expect(() => duo.chat({ params: { vendor: value } })).toThrow(
        expect.objectContaining({ code: 'validation_failed', message: expect.stringContaining('1,000 levels') }),
      );
      expect(() => duo.chat().withParams({ vendor: value })).toThrow(
        expect.objectContaining({ code: 'validation_failed' }),
      );
    }
    await app.close();
  });
});
