import pg from 'pg';

/** Works on a database from outside of it, as one who administers the server does. */
export class Administrator {
  private readonly name: string;

  constructor(private readonly databaseUrl: string) {
    this.name = new URL(databaseUrl).pathname.slice(1);
  }

  /** Lets all transactions be read-only, as on a standby, and ends the sessions that there are. */
  async makeReadOnly(): Promise<void> {
    await this.query(`ALTER DATABASE ${this.name} SET default_transaction_read_only = on`);
    await this.endSessions();
  }

  /** The sessions that began read-only stay so. */
  async makeWritable(): Promise<void> {
    await this.query(`ALTER DATABASE ${this.name} RESET default_transaction_read_only`);
  }

  /** Refuses all connections, and ends those that there are. */
  async close(): Promise<void> {
    await this.query(`ALTER DATABASE ${this.name} ALLOW_CONNECTIONS false`);
    await this.endSessions();
  }

  async open(): Promise<void> {
    await this.query(`ALTER DATABASE ${this.name} ALLOW_CONNECTIONS true`);
  }

  /** Cancels the statement that waits for a lock. @returns whether there was one */
  async cancelWaiting(): Promise<boolean> {
    const rows = await this.query(
      `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = '${this.name}' AND wait_event_type = 'Lock'`,
    );
    return rows.length > 0;
  }

  private async endSessions(): Promise<void> {
    await this.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${this.name}'`);
  }

  private async query(text: string): Promise<object[]> {
    const url = new URL(this.databaseUrl);
    url.pathname = '/postgres';
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    try {
      const { rows } = await client.query<object>(text);
      return rows;
    } finally {
      await client.end();
    }
  }
}
