import { type JsonObject } from '../../messages/json.interface.js';
import { type FilePart, type TextPart } from '../../messages/part.interface.js';
import { fileSource, fileUrl } from '../../messages/file-source.js';
import { type HistoryFormat } from '../history-format.interface.js';
import { type ReplayedResult } from '../replayed-result.interface.js';
import { madeOf } from '../source.js';
import { markedResultText, resultFiles, textAndFiles } from '../result-text.js';
import { type AssistantPart, type TranscriptMessage } from '../transcript.js';

/** A history as the Responses API takes it. */
export const responsesHistory: HistoryFormat = {
  api: 'openai-responses',
  renderItems: (messages) => messages.flatMap(renderItems),
};

/** The input items that one message becomes, in its order. */
function renderItems(message: TranscriptMessage): JsonObject[] {
  switch (message.role) {
    case 'user':
      return [
        { type: 'message', role: 'user', content: message.parts.map((part) => madeOf(part, renderUserPart(part))) },
      ];
    case 'assistant':
      return message.parts.map((part) => madeOf(part, renderAssistantPart(part)));
    case 'tool':
      return message.parts.map((result) =>
        madeOf(result, { type: 'function_call_output', call_id: result.id, output: renderOutput(result) }),
      );
  }
}

function renderOutput(result: ReplayedResult): string | JsonObject[] {
  const text = markedResultText(result);
  return resultFiles(result).length > 0
    ? textAndFiles(result, text).map((part) => madeOf(part, renderUserPart(part)))
    : text;
}

function renderUserPart(part: TextPart | FilePart): JsonObject {
  if (part.type === 'text') return { type: 'input_text', text: part.text };
  const file = fileSource(part);
  if (file.kind === 'image') return { type: 'input_image', detail: 'auto', image_url: fileUrl(file) };
  if ('url' in file) return { type: 'input_file', file_url: file.url };
  return { type: 'input_file', filename: file.filename ?? 'document.pdf', file_data: fileUrl(file) };
}

function renderAssistantPart(part: AssistantPart): JsonObject {
  switch (part.type) {
    case 'text':
      return {
        type: 'message',
        role: 'assistant',
        content: part.text,
        ...(part.phase !== undefined && { phase: part.phase }),
      };
    case 'reasoning':
    case 'vendor':
      return part.raw;
    case 'tool-call':
      return { type: 'function_call', call_id: part.id, name: part.name, arguments: JSON.stringify(part.arguments) };
  }
}
