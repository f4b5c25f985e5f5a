import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { type BenchDatabase } from './bench-database.js';
import { floorBegin, floorFinish } from './floor-statements.js';
import { ANSWER, EVENTS, MODEL, PlainRuns, QUESTION, USAGE } from './plain-run.js';

/** Does the database work of one plain run: begin with the whole history, and finish. */
export interface Contestant {
  run(chatId: string): Promise<void>;
}

/** Of a request that has a key. */
const REQUEST_HASH = 'a'.repeat(64);

/**
 * Our store, through the port that runs use.
 * @param isKeyed whether each ask has an idempotency key
 */
export function ours({ dataSource }: BenchDatabase, isKeyed = false): Contestant {
  const runs = new PlainRuns(dataSource);
  return {
    async run(chatId) {
      const { begun, finish } = await runs.begin(chatId, isKeyed ? { key: uuidv7(), requestHash: REQUEST_HASH } : null);
      if (begun.history.length !== 21) throw new Error(`The history has ${begun.history.length} messages.`);
      await finish();
    },
  };
}

/** The same rows by two statements that a person would write for these tables and nothing else. */
export function floor({ pool }: BenchDatabase): Contestant {
  const instanceId = randomUUID();
  return {
    async run(chatId) {
      const [runId, attemptId] = [uuidv7(), uuidv7()];
      const question = JSON.stringify([{ type: 'text', text: QUESTION }]);
      const begun = await pool.query({
        ...floorBegin,
        values: [chatId, runId, instanceId, uuidv7(), QUESTION, question, attemptId],
      });
      if (begun.rows.length !== 21) throw new Error(`The history has ${begun.rows.length - 1} messages.`);
      const [answerId, parts] = [uuidv7(), [{ type: 'text', text: ANSWER }]];
      const answer = JSON.stringify(parts);
      const message = { id: answerId, chatId, runId, role: 'assistant', status: 'complete', text: ANSWER, parts };
      const whole = {
        ...message,
        model: MODEL,
        finishReason: 'stop',
        createdAt: new Date().toISOString(),
        usage: USAGE,
      };
      const log = `${JSON.stringify(EVENTS).slice(0, -1)},{"type":"message-end","message":{"seq":`;
      const end = [
        { usage: USAGE, finishReason: 'stop' },
        { type: 'run-end', status: 'completed', usage: USAGE },
      ];
      const logEnd = `,${JSON.stringify(whole).slice(1)},${JSON.stringify(end).slice(2)}`;
      await pool.query({
        ...floorFinish,
        values: [
          attemptId,
          runId,
          answerId,
          ANSWER,
          answer,
          MODEL,
          USAGE.inputTokens,
          USAGE.outputTokens,
          2_000,
          log,
          logEnd,
        ],
      });
    },
  };
}
