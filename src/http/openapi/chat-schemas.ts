import { type Page } from '../../chats/duo-chat-service.interface.js';
import { type ModelInput } from '../../config/model-option.interface.js';
import { type Model, type ModelStatus } from '../../models/model.interface.js';
import { type ChatView } from '../presenter.js';
import { api } from './message-schemas.js';
import {
  anyObject,
  array,
  component,
  effort,
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

const flag = (fact: string): Schema => ({ type: 'boolean', description: `Whether ${fact}.` });
const tokenLimit = nullable(integer('In tokens; null where GitLab does not tell.'));

/** Chats, lists and the catalogue, by their names in the document. */
export const chatSchemas: Record<string, Schema> = {
  Chat: object<ChatView>({
    id: uuid,
    externalId: optional(text('The client’s own id of it, if it gave one; unique for its owner.')),
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
    maxInputTokens: tokenLimit,
    maxOutputTokens: tokenLimit,
    inputs: array(oneOf<ModelInput>({ text: true, image: true, pdf: true })),
    thinking: oneOf<Model['thinking']>(
      { always: true, adaptive: true, budget: true, effort: true },
      'Always or when asked to, by effort; up to a budget of tokens; or by OpenAI’s reasoning effort.',
    ),
    thinksByDefault: flag('it thinks in a request that says nothing about thinking'),
    canDisable: flag('the effort `none` turns its thinking off; if not, that is the least that it can do'),
    betweenTools: flag('the least that it can do is to think between tool calls'),
    efforts: array(effort, {
      description: 'Those that the vendor takes, in ascending order; others become the nearest.',
    }),
    defaultEffort: nullable(effort),
    effortWithTools: flag('its API takes an effort beside tools'),
    boundThinking: flag('its thinking is bound to what comes before it'),
    forcedTools: flag('a request may force it to call a tool'),
    sampling: flag('it takes `temperature` and `topP`'),
    endOfLife: nullable(
      text('The day (UTC) from which the vendor may refuse it.', { pattern: '^\\d{4}-\\d{2}-\\d{2}$' }),
    ),
    successor: nullable(text('The Duo id of the model to use instead.')),
    status: oneOf<ModelStatus>({ active: true, deprecated: true, retired: true, alpha: true }),
  }),
  ModelList: object<{ items: Model[]; nextCursor: null }>({
    items: array(component('Model')),
    nextCursor: { type: 'null' },
  }),
};
