import { type DuoMessage } from '../chats/entities/duo-message.entity.js';
import { type FilePart, type Part } from '../messages/part.interface.js';
import { type RunRecord } from '../runs/run-record.interface.js';
import { type ToolCallState } from '../chats/store/tool-call-states.js';
import { toolPart } from './tool-part.js';
import { type UiMessage, type UiPart } from './ui-message.interface.js';
import { type UiVersion } from './ui-version.js';

/** A message as its entity has it. */
export type StoredMessage = Pick<
  DuoMessage,
  'id' | 'role' | 'parts' | 'runId' | 'model' | 'finishReason' | 'externalId' | 'supersededAt' | 'supersededBy'
>;

/** A chat as it is stored, its messages in order. */
export interface Transcript {
  messages: readonly StoredMessage[];
  runs: readonly Pick<RunRecord, 'id' | 'status' | 'usage'>[];
  calls: readonly ToolCallState[];
}

/** The messages of a chat as the streams of its runs have shown them, without what a run that works has said so far. */
export function uiMessages(chat: Transcript, version: UiVersion): UiMessage[] {
  const runs = new Map(chat.runs.map((run) => [run.id, run]));
  const calls = new Map(chat.calls.map((call) => [`${call.messageId} ${call.ordinal}`, call]));
  const results = new Map(chat.messages.filter(({ role }) => role === 'tool').map((message) => [message.id, message]));
  const answers = new Map<string, UiMessage>();
  const shown: UiMessage[] = [];
  for (const message of chat.messages) {
    const { id, role, runId, supersededAt, supersededBy } = message;
    if (role === 'user' && supersededAt === null) shown.push(userMessage(message));
    if (role !== 'assistant') continue;
    const run = runId === null ? undefined : runs.get(runId);
    if (run?.status === 'running') continue;
    // The first message of a run names its answer, also where another one of the run has replaced it.
    if (supersededAt !== null && (runId === null || supersededBy !== runId)) continue;
    const answer = answers.get(runId ?? id) ?? { id, role, parts: [] };
    answers.set(runId ?? id, answer);
    if (supersededAt !== null) continue;
    if (answer.parts.length === 0) shown.push(answer);
    const { model, finishReason } = message;
    if (run) answer.metadata = { runId: run.id, model, finishReason, usage: run.usage };
    answer.parts.push({ type: 'step-start' }, ...answerParts(message));
  }
  return shown;

  function answerParts({ id, parts }: StoredMessage): UiPart[] {
    let ordinal = 0;
    return parts.reduce<UiPart[]>((said, part) => {
      if (part.type !== 'tool-call') return withText(said, part);
      const call = calls.get(`${id} ${ordinal}`);
      ordinal += 1;
      if (call === undefined) return said;
      const result = results.get(call.resultMessageId ?? '')?.parts.find(({ type }) => type === 'tool-result');
      return [...said, toolPart(part, call, result?.type === 'tool-result' ? result : undefined, version)];
    }, []);
  }
}

/** Texts that follow each other are one part, as in a stream. */
function withText(said: UiPart[], part: Part): UiPart[] {
  if ((part.type !== 'text' && part.type !== 'reasoning') || part.text === '') return said;
  const { type, text } = part;
  const last = said.at(-1);
  if (last?.type !== type) return [...said, { type, text, state: 'done' }];
  return [...said.slice(0, -1), { type, text: last.text + text, state: 'done' }];
}

function userMessage({ id, externalId, parts }: StoredMessage): UiMessage {
  const said = parts.flatMap((part): UiPart[] => {
    if (part.type === 'file') return [fileOf(part)];
    return part.type === 'text' ? [{ type: 'text', text: part.text }] : [];
  });
  return { id: externalId ?? id, role: 'user', parts: said };
}

function fileOf({ mediaType, data, url, filename }: FilePart): UiPart {
  const address = data === undefined ? (url ?? '') : `data:${mediaType};base64,${data}`;
  return { type: 'file', mediaType, url: address, ...(filename !== undefined && { filename }) };
}
