import { type ModelMessage } from '../../../src/messages/message.interface.js';
import {
  type Api,
  type FilePart,
  type Part,
  type ReasoningPart,
  type ToolCallPart,
} from '../../../src/messages/part.interface.js';
import { type ToolDefinition } from '../../../src/messages/model-request.interface.js';
import { imagePart, pdfPart } from '../../sample-files.js';

export const system = (text: string): ModelMessage => ({ role: 'system', parts: [{ type: 'text', text }] });

export const user = (...parts: (string | Part)[]): ModelMessage => ({ role: 'user', parts: parts.map(toPart) });

export const assistant = (...parts: (string | Part)[]): ModelMessage => ({
  role: 'assistant',
  parts: parts.map(toPart),
});

export const call = (id: string, input: ToolCallPart['arguments'] = {}, name = 'weather'): ToolCallPart => ({
  type: 'tool-call',
  id,
  name,
  arguments: input,
});

export const result = (id: string, content: string | object, isError = false, name = 'weather'): ModelMessage => ({
  role: 'tool',
  parts: [{ type: 'tool-result', id, name, content: content as string, isError }],
});

export const reasoning = (api: Api, raw?: ReasoningPart['raw']): ReasoningPart => ({
  type: 'reasoning',
  text: 'Hm.',
  api,
  ...(raw && { raw }),
});

export const image = imagePart();
export const imageUrl: FilePart = { type: 'file', mediaType: 'image/webp', url: 'https://example.com/a.webp' };
export const pdf = pdfPart('a.pdf');
export const pdfUrl: FilePart = { type: 'file', mediaType: 'application/pdf', url: 'https://example.com/a.pdf' };

/** Its schema uses keywords that other clients are known to lose. */
export const weather: ToolDefinition = {
  name: 'weather',
  description: 'Current weather',
  parameters: {
    type: 'object',
    properties: { place: { $ref: '#/$defs/place' } },
    required: ['place'],
    additionalProperties: false,
    $defs: { place: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
  },
};

function toPart(part: string | Part): Part {
  return typeof part === 'string' ? { type: 'text', text: part } : part;
}
