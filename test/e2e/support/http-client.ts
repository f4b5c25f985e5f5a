import request, { type Response } from 'supertest';
import { type MessageRecord, type Usage } from '../../../src/messages/message.interface.js';
import { readEvents, type ReceivedEvent } from './event-reader.js';

/** An answer that was read to its end. */
export type HttpAnswer = Omit<Response, 'body'> & { body: unknown };
export type JsonAnswer = Record<string, unknown>;
export type AnswerView = MessageRecord & { usage: Usage };

/** Speaks the HTTP API as a client that knows nothing of the server's code. */
export class HttpClient {
  /** @param key an API key of the server */
  constructor(
    private readonly url: string,
    private readonly key?: string,
  ) {}

  /** Sends a request, and reads the answer to its end; a body that is not a string goes as JSON. */
  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<HttpAnswer> {
    const call = request(this.url)[method.toLowerCase() as 'get'](path);
    // Before the headers, since a string would set a content type of its own.
    if (body !== undefined) void call.send(typeof body === 'string' ? body : JSON.stringify(body));
    return call.set({
      ...this.authorization,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    });
  }

  async json<T = JsonAnswer>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.send(method, path, body);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${response.text}`);
    return JSON.parse(response.text) as T;
  }

  async createChat(body: JsonAnswer = {}): Promise<string> {
    const { id } = await this.json<{ id: string }>('POST', '/chats', body);
    return id;
  }

  ask(chatId: string, content: string, model?: string): Promise<AnswerView> {
    return this.json('POST', `/chats/${chatId}/messages`, { content, ...(model && { model }) });
  }

  async messages(chatId: string): Promise<MessageRecord[]> {
    const { items } = await this.json<{ items: MessageRecord[] }>('GET', `/chats/${chatId}/messages?limit=100`);
    return items;
  }

  /** Those that are superseded included. */
  async allMessages(chatId: string): Promise<MessageRecord[]> {
    const path = `/chats/${chatId}/messages?limit=100&include=superseded`;
    return (await this.json<{ items: MessageRecord[] }>('GET', path)).items;
  }

  /** Opens a stream of events; `signal` hangs up. */
  openEvents(chatId: string, content: string, signal?: AbortSignal): Promise<globalThis.Response> {
    return fetch(`${this.url}/chats/${chatId}/messages`, {
      method: 'POST',
      headers: { ...this.authorization, 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ content }),
      signal,
    });
  }

  /** Follows a run from after an event; `signal` hangs up. */
  openRunEvents(
    chatId: string,
    runId: string,
    lastEventId?: string,
    signal?: AbortSignal,
  ): Promise<globalThis.Response> {
    return fetch(`${this.url}/chats/${chatId}/runs/${runId}/events`, {
      headers: {
        ...this.authorization,
        accept: 'text/event-stream',
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      },
      signal,
    });
  }

  async events(chatId: string, content: string): Promise<ReceivedEvent[]> {
    const response = await this.openEvents(chatId, content);
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    const events: ReceivedEvent[] = [];
    for await (const event of readEvents(response)) events.push(event);
    return events;
  }

  private get authorization(): Record<string, string> {
    return this.key === undefined ? {} : { authorization: `Bearer ${this.key}` };
  }
}
