import pg from 'pg';

type Query = (this: unknown, statement: string | { text: string }, ...rest: unknown[]) => unknown;

/** Whether an instance sends this on a timer, whatever its runs do: heartbeats, sweeps and batches of run logs. */
export function isOfTheClock(text: string): boolean {
  return /(FROM|INTO) \S*duo_instances|pg_backend_pid|synchronous_commit/.test(text);
}

/** Records what all connections of this process send to the database, except what they send on a timer. */
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
