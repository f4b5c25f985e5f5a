import pg from 'pg';

type Query = (this: unknown, statement: string | { text: string }, ...rest: unknown[]) => unknown;

/** Whether time alone makes an instance send this, however much it has to do: heartbeats, and batches of run logs. */
export function isOfTheClock(text: string): boolean {
  return /duo_instances|synchronous_commit/.test(text);
}

/** Writes down what all connections of this process send to the database, but for what the clock makes it send. */
export class StatementLog {
  private readonly client = pg.Client.prototype as unknown as { query: Query };
  private readonly original = this.client.query;
  private statements: string[] = [];

  constructor() {
    const { original } = this;
    const note = (text: string): void => {
      if (!isOfTheClock(text)) this.statements.push(text);
    };
    this.client.query = function (statement, ...rest) {
      note(typeof statement === 'string' ? statement : statement.text);
      return original.call(this, statement, ...rest);
    };
  }

  /** The statements, one round trip each, since it was last asked. */
  take(): string[] {
    const { statements } = this;
    this.statements = [];
    return statements;
  }

  stop(): void {
    this.client.query = this.original;
  }
}
