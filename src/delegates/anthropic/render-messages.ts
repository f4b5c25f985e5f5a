import { type JsonObject } from '../../messages/json.interface.js';
import { type FilePart, type TextPart } from '../../messages/part.interface.js';
import { fileSource } from '../../messages/file-source.js';
import { type HistoryFormat, type Place } from '../history-format.interface.js';
import { type ReplayedResult } from '../replayed-result.interface.js';
import { madeOf } from '../source.js';
import { resultFiles, resultText, textAndFiles } from '../result-text.js';
import { type AssistantPart, type TranscriptMessage } from '../transcript.js';
import { type PrefixChain } from '../prefix-chain.js';
import { markLastMessages } from './cache-marks.js';
import { withoutOpenServerCalls } from './server-calls.js';
import { withValidThoughts } from './valid-thoughts.js';

/** A message of the Messages API. */
export type WireMessage = { role: 'user' | 'assistant'; content: JsonObject[] };

/** A history with what the assistant thought. */
export const historyWithReasoning: HistoryFormat = historyFormat({ reasoning: true });

/** A history without that. */
export const historyWithoutReasoning: HistoryFormat = historyFormat({ reasoning: false });

const OPENING = '(The assistant opens the conversation.)';

function historyFormat(keep: { reasoning: boolean }): HistoryFormat {
  return {
    api: 'anthropic-messages',
    renderItems: (messages, place, chain) => renderMessages(messages, place, keep, chain),
  };
}

/** Messages in strictly alternating roles, the user's first; results of tools are the user's to this API. */
function renderMessages(
  transcript: readonly TranscriptMessage[],
  { isFirst, isLast }: Place,
  keep: { reasoning: boolean },
  chain: PrefixChain | undefined,
): WireMessage[] {
  const messages = withoutOpenServerCalls(transcript, isLast);
  const rendered: WireMessage[] = [];
  if (isFirst && messages[0]?.role === 'assistant')
    rendered.push({ role: 'user', content: [{ type: 'text', text: OPENING }] });

  for (const [index, message] of messages.entries()) {
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const content = renderParts(message, keep);
    const next = messages[index + 1];
    if (next ? next.role === 'assistant' : isLast) trimEnd(role, content);
    const sent = chain ? withValidThoughts(message, content, chain) : content;
    const last = rendered.at(-1);
    if (last?.role === role) last.content.push(...sent);
    else rendered.push({ role, content: sent });
  }
  if (isLast) markLastMessages(rendered);
  return rendered;
}

function renderParts(message: TranscriptMessage, keep: { reasoning: boolean }): JsonObject[] {
  switch (message.role) {
    case 'user':
      return message.parts.map((part) => madeOf(part, renderUserPart(part)));
    case 'tool':
      return message.parts.map((part) => madeOf(part, renderResult(part)));
    case 'assistant':
      return message.parts
        .filter((part) => keep.reasoning || part.type !== 'reasoning')
        .map((part) => madeOf(part, renderAssistantPart(part)));
  }
}

function renderUserPart(part: TextPart | FilePart): JsonObject {
  if (part.type === 'text') return { type: 'text', text: part.text };
  const file = fileSource(part);
  const source: JsonObject =
    'url' in file ? { type: 'url', url: file.url } : { type: 'base64', media_type: file.mediaType, data: file.data };
  if (file.kind === 'image') return { type: 'image', source };
  return { type: 'document', source, ...(file.filename !== undefined && { title: file.filename }) };
}

function renderAssistantPart(part: AssistantPart): JsonObject {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text };
    case 'reasoning':
      return part.raw;
    case 'vendor':
      // A copy, since it may get a mark for the cache.
      return { ...part.raw };
    case 'tool-call':
      return { type: 'tool_use', id: part.id, name: part.name, input: part.arguments };
  }
}

function renderResult(result: ReplayedResult): JsonObject {
  const content = renderResultContent(result);
  return {
    type: 'tool_result',
    tool_use_id: result.id,
    ...(content.length > 0 && { content }),
    ...(result.isError && { is_error: true }),
  };
}

function renderResultContent(result: ReplayedResult): string | JsonObject[] {
  const text = resultText(result);
  return resultFiles(result).length > 0
    ? textAndFiles(result, text).map((part) => madeOf(part, renderUserPart(part)))
    : text;
}

/** An answer that the model continues may not end in white space, neither now nor once its continuation follows. */
function trimEnd(role: WireMessage['role'], content: readonly JsonObject[]): void {
  const block = role === 'assistant' ? content.at(-1) : undefined;
  if (block?.type === 'text' && typeof block.text === 'string') block.text = block.text.trimEnd();
}
