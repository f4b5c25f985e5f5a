import { type ReactElement } from 'react';
import { type ChatUsage } from '../server/server.interface.js';

const KINDS: [keyof ChatUsage, string][] = [
  ['inputTokens', 'Input'],
  ['cacheReadTokens', 'Cache read'],
  ['cacheWriteTokens', 'Cache written'],
  ['outputTokens', 'Output'],
  ['reasoningTokens', 'of it reasoning'],
];

/** What the chat has cost, by kind of token. */
export function UsageLine({ usage }: { usage: ChatUsage }): ReactElement {
  return (
    <dl className="usage" aria-label="Tokens of this chat">
      {KINDS.map(([kind, label]) => (
        <div key={kind}>
          <dt>{label}</dt>
          <dd>{usage[kind].toLocaleString('en')}</dd>
        </div>
      ))}
    </dl>
  );
}
