import { type ChatRef } from '../chats/chat-ref.js';
import { type DuoMessage } from '../chats/entities/duo-message.entity.js';
import { backendOf } from '../conversation/chat-backend.js';
import { startRun } from '../conversation/start-run.js';
import { type FilePart } from '../messages/part.interface.js';
import { type Revision } from '../runs/revision.interface.js';
import { idempotencyKey, prefersAsync, runLocation } from './ask-headers.js';
import { type AttachmentDto, type MessageDto } from './dto/message.dto.js';
import { type HttpReply, type HttpRequest } from './http.interface.js';
import { requestId } from './request-id.js';
import { type RunAnswer, type RunResponder } from './run-responder.js';

/** What a request asks of a chat. */
export interface HttpAsk {
  chat: ChatRef<DuoMessage>;
  /** Without `content` the user says nothing new. */
  body?: Partial<MessageDto>;
  /** What the run takes back of what was said before. */
  revision?: Revision;
}

/** Begins the run of an ask, a completion, an edit or a new answer, and answers the request with it. */
export async function answerAsk(
  responder: RunResponder,
  { chat, body = {}, revision }: HttpAsk,
  request: HttpRequest,
  reply: HttpReply,
): Promise<RunAnswer | undefined> {
  const { content = null, attachments, model, whenBusy, onDisconnect } = body;
  const run = await startRun(chat, content, {
    model,
    whenBusy,
    revision,
    attachments: attachments?.map(filePart),
    idempotencyKey: idempotencyKey(request),
    requestId: requestId(request),
  });
  if (run.isReplayed) responder.markReplayed(reply);
  if (prefersAsync(request)) return responder.answerAtOnce(run, runLocation(request, run.id), reply);
  if (onDisconnect === 'cancel') {
    responder.whenLost(reply, () => {
      backendOf<ChatRef<DuoMessage>, DuoMessage>(chat).abandon(chat, run.id);
    });
  }
  return responder.respond(run, request, reply);
}

function filePart({ mediaType, data, url, filename }: AttachmentDto): FilePart {
  return { type: 'file', mediaType, data, url, filename };
}
