import { type JsonObject } from '../../messages/json.interface.js';
import { type FilePart, type TextPart } from '../../messages/part.interface.js';
import { fileSource, fileUrl } from '../../messages/file-source.js';
import { type HistoryFormat } from '../history-format.interface.js';
import { type ReplayedResult } from '../replayed-result.interface.js';
import { madeOf } from '../source.js';
import { markedResultText, resultFiles } from '../result-text.js';
import { type AssistantPart, type TranscriptMessage } from '../transcript.js';

/** A history as Chat Completions takes it. */
export const chatHistory: HistoryFormat = {
  api: 'openai-chat',
  renderItems: (messages) => messages.flatMap(renderMessage),
};

/** The messages of Chat Completions that one message becomes: each result of a tool is one of its own. */
function renderMessage(message: TranscriptMessage): JsonObject[] {
  switch (message.role) {
    case 'user':
      return [withSource(message.parts, { role: 'user', content: renderContent(message.parts) })];
    case 'assistant':
      return [renderAssistant(message.parts)];
    case 'tool':
      return [...message.parts.map((part) => madeOf(part, renderResult(part))), ...renderResultFiles(message.parts)];
  }
}

function renderResult(result: ReplayedResult): JsonObject {
  const text = markedResultText(result);
  const hasFiles = resultFiles(result).length > 0;
  const content = hasFiles ? [text, '[Its files are in the next message of the user.]'].join('\n').trim() : text;
  return { role: 'tool', tool_call_id: result.id, content };
}

/** Results are text alone to this API, and nothing may come between them: their files follow them all. */
function renderResultFiles(results: readonly ReplayedResult[]): JsonObject[] {
  const content = results.flatMap((result) => {
    const files = resultFiles(result);
    const title = { type: 'text', text: `Files from the call ${result.id} of the tool ${result.name}:` };
    return files.length > 0 ? [title, ...files.map(renderPart)] : [];
  });
  return content.length > 0 ? [{ role: 'user', content }] : [];
}

/** This API knows no reasoning, and keeps text apart from calls. */
function renderAssistant(parts: readonly AssistantPart[]): JsonObject {
  const texts = parts.filter((part) => part.type === 'text');
  const calls = parts.filter((part) => part.type === 'tool-call');
  return withSource(parts, {
    role: 'assistant',
    content: texts.length > 0 ? renderContent(texts) : null,
    ...(calls.length > 0 && {
      tool_calls: calls.map((call) =>
        madeOf(call, {
          id: call.id,
          type: 'function',
          function: { name: call.name, arguments: JSON.stringify(call.arguments) },
        }),
      ),
    }),
  });
}

/** A message that is made of one part is called by the place of the message. */
function withSource(parts: readonly object[], message: JsonObject): JsonObject {
  const [only, ...others] = parts;
  return only && others.length === 0 ? madeOf(only, message) : message;
}

function renderContent(parts: readonly (TextPart | FilePart)[]): string | JsonObject[] {
  const [only] = parts;
  if (parts.length === 1 && only?.type === 'text') return only.text;
  return parts.map(renderPart);
}

function renderPart(part: TextPart | FilePart): JsonObject {
  return madeOf(part, part.type === 'text' ? { type: 'text', text: part.text } : renderFile(part));
}

function renderFile(part: FilePart): JsonObject {
  const file = fileSource(part);
  if (file.kind === 'image') return { type: 'image_url', image_url: { url: fileUrl(file) } };
  // This API cannot fetch documents; an error would block every later turn of a chat that comes from another model.
  if ('url' in file) return { type: 'text', text: `[document: ${file.url}]` };
  return { type: 'file', file: { filename: file.filename ?? 'document.pdf', file_data: fileUrl(file) } };
}
