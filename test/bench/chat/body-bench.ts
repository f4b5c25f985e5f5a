import { type ModelMessage } from '../../../src/messages/message.interface.js';
import { ImmutableMessage } from '../../../src/messages/immutable-message.js';
import { ModelRegistry } from '../../../src/models/model-registry.js';
import { DelegateRegistry } from '../../../src/router/delegates.service.js';
import { type BenchRow } from '../bench-row.interface.js';
import { micros } from '../figures.js';
import { compared, costsByRound, cpuOf } from '../rounds.js';

const delegates = new DelegateRegistry();

const MESSAGES = 1_000;
const BODIES = 50;
const ROUNDS = 15;
const WARM_UP = 5;

const TEXT = 'The quick brown fox jumps over the lazy dog. '.repeat(4);
const question: ModelMessage = { role: 'user', parts: [{ type: 'text', text: 'And the dog?' }] };

function message(seq: number): ModelMessage {
  return { role: seq % 2 === 0 ? 'user' : 'assistant', parts: [{ type: 'text', text: TEXT }] };
}

/** CPU time for the bodies of a chat that grows by a turn for each: from scratch, over those from what was kept. */
export async function runBodyBench(): Promise<BenchRow[]> {
  const models = ['duo-chat-sonnet-4-6', 'duo-chat-gpt-5-5', 'duo-chat-gpt-5-6-sol'];
  const rows: BenchRow[] = [];
  for (const id of models) rows.push(await measure(id));
  return rows;
}

async function measure(id: string): Promise<BenchRow> {
  const model = new ModelRegistry().get(id);
  const delegate = delegates.get(model);
  const bodies = (make: (seq: number) => ModelMessage) => () => {
    const messages = Array.from({ length: MESSAGES + 2 * BODIES }, (_, seq) => make(seq));
    const body = (count: number) =>
      delegate.render(model, { model: id, messages: [...messages.slice(0, count), question] });
    body(MESSAGES);
    return cpuOf(() => {
      for (let turn = 1; turn <= BODIES; turn += 1) body(MESSAGES + 2 * turn);
    });
  };
  const sides = {
    scratch: bodies(message),
    kept: bodies(
      (seq) =>
        new ImmutableMessage(String(seq), seq, message(seq).role, 'complete', JSON.stringify(message(seq).parts)),
    ),
  };
  const { value, against, ratio, spread } = compared(await costsByRound(sides, ROUNDS, WARM_UP), 'scratch', 'kept');
  return {
    name: `CPU a body of ${MESSAGES} messages, ${model.api}: from scratch / from what was kept`,
    value: micros(value / BODIES),
    against: micros(against / BODIES),
    ratio,
    spread,
    budget: { atLeast: 10 },
  };
}
