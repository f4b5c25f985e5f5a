import { type Page } from '../../chats/duo-chat-service.interface.js';
import { type Model } from '../../models/model.interface.js';
import { type ChatView } from '../presenter.js';
import { api } from './message-schemas.js';
import {
  anyObject,
  array,
  component,
  integer,
  nullable,
  optional,
  object,
  oneOf,
  type Schema,
  text,
  time,
  uuid,
} from './schema.js';

function page(item: string, nextCursor: string): Schema {
  return object<Page<unknown>>({
    items: array(component(item)),
    nextCursor: nullable(text(`${nextCursor}; null at the end of the list.`)),
  });
}

const tokenLimit = nullable(integer('In tokens; null where GitLab does not tell.'));

/** Chats, lists and the catalogue, by their names in the document. */
export const chatSchemas: Record<string, Schema> = {
  Chat: object<ChatView>({
    id: uuid,
    title: nullable(text()),
    model: text('A Duo model id.'),
    params: component('Params'),
    metadata: anyObject,
    agent: optional(text('The name of the agent that it belongs to, if any.')),
    createdAt: time,
    updatedAt: time,
  }),
  ChatPage: page('Chat', 'The `cursor` of the next page'),
  MessagePage: page('Message', 'The `after` of the next page'),
  Model: object<Model>({
    id: text('The Duo id, which every `model` names.'),
    upstreamId: text('The vendor’s own id.'),
    vendor: oneOf<Model['vendor']>({ anthropic: true, openai: true }),
    api,
    contextWindow: tokenLimit,
    maxOutputTokens: tokenLimit,
    thinking: oneOf<Model['thinking']>({ budget: true, adaptive: true, effort: true }),
    sampling: { type: 'boolean', description: 'Whether the model takes `temperature` and `topP`.' },
  }),
  ModelList: object<{ items: Model[]; nextCursor: null }>({
    items: array(component('Model')),
    nextCursor: { type: 'null' },
  }),
};
