// A client as an application would write it, over the types that openapi-typescript makes of the server's document.
import { type components, type paths } from './document.js';

type Schemas = components['schemas'];
type Problem = Schemas['Problem'];
type Method = 'get' | 'post' | 'patch' | 'delete';

/** The operations of the document, as `post /chats`. */
type Call = {
  [Path in keyof paths]: {
    [Key in Method]: paths[Path][Key] extends object ? `${Key} ${Path & string}` : never;
  }[Method];
}[keyof paths];

type Operation<Name extends Call> =
  Name extends `${infer Key extends Method} ${infer Path extends keyof paths & string}` ? paths[Path][Key] : never;

type BodyOf<Operation> = Operation extends { requestBody?: infer Body }
  ? NonNullable<Body> extends { content: { 'application/json': infer Json } }
    ? Json
    : undefined
  : undefined;

type AnswersOf<Operation> = Operation extends { responses: infer Responses } ? Responses : never;

type JsonOf<Response> = Response extends { content: { 'application/json': infer Json } } ? Json : never;

/** What a call answers with in JSON, by status. */
type Answer<Operation> = {
  [Status in keyof AnswersOf<Operation>]: JsonOf<AnswersOf<Operation>[Status]>;
}[keyof AnswersOf<Operation>];

export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.title}: ${problem.detail}`);
  }

  /** Whether the same call may succeed later. */
  get isTemporary(): boolean {
    switch (this.problem.code) {
      case 'chat_busy':
      case 'server_busy':
      case 'rate_limited':
      case 'upstream_overloaded':
        return true;
      default:
        return false;
    }
  }
}

export class ChatClient {
  constructor(private readonly url: string) {}

  create(body: Schemas['NewChatBody']): Promise<Schemas['Chat']> {
    return this.call('post /chats', {}, body);
  }

  /** Asks with an image, and returns the text of the answer, or the calls that wait for approval. */
  async ask(id: string, content: string, image: string): Promise<string | Schemas['ToolCall'][]> {
    const attachments: Schemas['Attachment'][] = [{ mediaType: 'image/png', data: image }];
    const answer = await this.call('post /chats/{id}/messages', { id }, { content, attachments });
    if ('parts' in answer) return answer.parts.map(textOf).join('');
    const pending: 'awaiting_approval' | Schemas['Run']['status'] = answer.status;
    const { items } = await this.call('get /chats/{id}/tool-calls', { id });
    return pending === 'awaiting_approval' ? items : [];
  }

  /** Yields the text of an answer while the model writes it; a reset takes back what came before. */
  async *stream(id: string, content: string): AsyncGenerator<string, Schemas['Usage'] | undefined> {
    let usage: Schemas['Usage'] | undefined;
    for await (const event of this.events(id, content)) {
      switch (event.event) {
        case 'text-delta':
          yield event.data.text;
          break;
        case 'reset':
          yield `\n[${event.data.reason}]\n`;
          break;
        case 'approval-required':
          for (const call of event.data.toolCalls) await this.deny(id, call.id, `${call.name} is not allowed`);
          break;
        case 'message-end':
          usage = event.data.usage;
          yield event.data.message.finishReason === 'length' ? '…' : '';
          break;
        case 'error':
          throw new ProblemError(event.data.problem);
        case 'run-end':
          return usage ?? event.data.usage;
        case 'run-queued':
        case 'run-start':
        case 'message-start':
        case 'reasoning-delta':
        case 'tool-call':
        case 'tool-progress':
        case 'tool-result':
        case 'part-rejected':
          break;
        default:
          return event satisfies never;
      }
    }
    return usage;
  }

  deny(id: string, toolCallId: string, reason: string): Promise<Schemas['ToolCall']> {
    return this.call('post /chats/{id}/tool-calls/{toolCallId}/deny', { id, toolCallId }, { reason });
  }

  private async *events(id: string, content: string): AsyncGenerator<Schemas['RunEvent']> {
    const response = await this.send('post', `/chats/${id}/messages`, { content }, 'text/event-stream');
    for (const block of (await response.text()).split('\n\n').filter(Boolean)) {
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/)));
      yield { ...fields, data: JSON.parse(String(fields['data'])) as unknown } as Schemas['RunEvent'];
    }
  }

  private async call<Name extends Call>(
    name: Name,
    ids: Record<string, string>,
    body?: BodyOf<Operation<Name>>,
  ): Promise<Answer<Operation<Name>>> {
    const [method = '', path = ''] = name.split(' ');
    const response = await this.send(
      method,
      path.replaceAll(/\{(\w+)\}/g, (_, key: string) => ids[key] ?? ''),
      body,
    );
    return (await response.json()) as Answer<Operation<Name>>;
  }

  private async send(method: string, path: string, body: unknown, accept = 'application/json'): Promise<Response> {
    const headers = { 'content-type': 'application/json', accept };
    const response = await fetch(this.url + path, {
      method: method.toUpperCase(),
      headers,
      body: JSON.stringify(body),
    });
    if (response.ok) return response;
    throw new ProblemError((await response.json()) as Problem);
  }
}

function textOf(part: Schemas['Part']): string {
  switch (part.type) {
    case 'text':
    case 'prompt':
    case 'reasoning':
      return part.text;
    case 'file':
      return part.url ?? part.filename ?? part.mediaType;
    case 'tool-call':
    case 'tool-result':
      return part.name;
    case 'vendor':
      return part.api;
    default:
      return part satisfies never;
  }
}
