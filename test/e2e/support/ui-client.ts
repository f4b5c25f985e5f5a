import * as ai7 from 'ai';
import * as ai50 from 'ai-5-0';
import * as ai5 from 'ai-5';
import * as ai60 from 'ai-6-0';
import * as ai6 from 'ai-6';
import * as ai70 from 'ai-7-0';
import { type UiMessage, type UiVersion } from '../../../src/ui/index.js';

/** A client of AI SDK, and the version that it asks for; unset, it asks for none. */
export interface UiSdk {
  name: string;
  sdk: typeof ai7;
  version?: UiVersion;
}

/** The oldest and the newest of each major version; the interfaces of all that is used here are those of 7. */
export const UI_SDKS: readonly UiSdk[] = [
  { name: '5.0.0', sdk: ai50 as never, version: 5 },
  { name: '5', sdk: ai5 as never, version: 5 },
  { name: '6.0.0', sdk: ai60 as never },
  { name: '6', sdk: ai6 as never },
  { name: '7.0.0', sdk: ai70 as never },
  { name: '7', sdk: ai7, version: 7 },
];

type Messages = ai7.UIMessage[];

/** What `useChat` keeps in React, as plain values. */
class PlainState implements ai7.ChatState<ai7.UIMessage> {
  status: ai7.ChatStatus = 'ready';
  error: Error | undefined;

  constructor(public messages: Messages) {}

  readonly pushMessage = (message: ai7.UIMessage): void => {
    this.messages = [...this.messages, this.snapshot(message)];
  };
  readonly popMessage = (): void => {
    this.messages = this.messages.slice(0, -1);
  };
  readonly replaceMessage = (index: number, message: ai7.UIMessage): void => {
    this.messages = this.messages.with(index, this.snapshot(message));
  };
  readonly snapshot = <T>(value: T): T => structuredClone(value);
}

export interface UiClientOptions {
  api: string;
  id: string;
  messages?: Messages;
  fetch?: typeof fetch;
  headers?: Record<string, string>;
}

/** A chat as `useChat` keeps it, with the unmodified transport of its version. */
export function uiClient({ sdk, version }: UiSdk, options: UiClientOptions): ai7.AbstractChat<ai7.UIMessage> {
  const { api, id, messages = [], fetch, headers } = options;
  const named = { ...headers, ...(version && { 'x-ui-version': String(version) }) };
  class PlainChat extends sdk.AbstractChat<ai7.UIMessage> {
    constructor() {
      super({
        id,
        state: new PlainState(messages),
        transport: new sdk.DefaultChatTransport({ api, headers: named, ...(fetch && { fetch }) }),
        // As `useChat` does it: a page that decides sends at once.
        ...('lastAssistantMessageIsCompleteWithApprovalResponses' in sdk && {
          sendAutomaticallyWhen: sdk.lastAssistantMessageIsCompleteWithApprovalResponses,
        }),
      });
    }
  }
  return new PlainChat();
}

/** The text of a message of either side. */
export function textOf(message: Pick<UiMessage, 'parts'> | ai7.UIMessage | undefined): string {
  return (message?.parts ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('');
}
