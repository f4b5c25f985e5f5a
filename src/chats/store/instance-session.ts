import { type Client, type Pool } from 'pg';
import { within } from '../../async/deadline.js';
import { isConnectionLost } from './database-failure.js';
import { type SqlClient, type Statement, statement } from './sql-client.js';

const CONNECT_TIMEOUT_MS = 3_000;
const MIN_RETRY_MS = 50;
const MAX_RETRY_MS = 500;

/** The key of the advisory lock that the instance of an id holds while it lives, in SQL. */
export function instanceLock(id: string): string {
  return `hashtextextended('duo_instance ' || ${id}::text, 0)`;
}

const LOCK = statement(`SELECT pg_try_advisory_lock(${instanceLock('$1')}) AS locked WHERE pg_backend_pid() = $2`);

/** What pg has, but does not declare. */
type OwnClient = Client & { processID: number | null; unref(): void };
type ClientClass = new (options: Pool['options']) => OwnClient;

/**
 * A connection of the instance's own, with an advisory lock that is free as soon as the process is dead, and stays held
 * while the process merely hangs. It is opened again whenever it is lost.
 */
export class InstanceSession {
  private client: OwnClient | undefined;
  private hasLock = false;
  private isOpen = false;
  private connecting: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private instanceId = '';
  private onChange = (): void => undefined;

  constructor(private readonly database: SqlClient) {}

  /** See `LeaseStore.open`. */
  open(instanceId: string, onChange: () => void): void {
    this.instanceId = instanceId;
    this.onChange = onChange;
    this.isOpen = true;
    this.connectIn(0, MIN_RETRY_MS);
  }

  /**
   * The process of the server that holds the lock; `null` without a lock. Behind a pooler that shares sessions it is not
   * the one that runs the next statement.
   */
  get lockedBy(): number | null {
    return this.hasLock && this.client !== undefined ? this.client.processID : null;
  }

  /** Runs a statement on the session, or on the pool while there is no session. */
  async rows<Row extends object>(sql: Statement, values: unknown[]): Promise<Row[]> {
    const { client } = this;
    if (client === undefined) return this.database.rows<Row>(sql, values);
    try {
      return (await client.query<Row>({ ...sql, values })).rows;
    } catch (error) {
      if (isConnectionLost(error)) this.lose(client);
      throw error;
    }
  }

  /** Takes the lock, where an older session of this instance still held it; first waits for a session that connects. */
  async lock(): Promise<void> {
    await this.connecting;
    const { client } = this;
    if (client !== undefined && !this.hasLock) await this.lockOn(client);
  }

  async close(): Promise<void> {
    this.isOpen = false;
    clearTimeout(this.timer);
    await this.connecting;
    const { client } = this;
    this.client = undefined;
    await client?.end();
  }

  private connectIn(ms: number, retryMs: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.connecting ??= this.connect()
        .catch(() => {
          if (!this.isOpen) return;
          this.connectIn(retryMs, Math.min(retryMs * 2, MAX_RETRY_MS));
          if (retryMs === MIN_RETRY_MS) this.onChange();
        })
        .finally(() => (this.connecting = undefined));
    }, ms).unref();
  }

  private async connect(): Promise<void> {
    const { pool } = this.database;
    const client = new (pool as unknown as { Client: ClientClass }).Client(pool.options);
    const lost = (): void => {
      this.lose(client);
    };
    client.on('error', lost);
    client.on('end', lost);
    try {
      await within(client.connect(), CONNECT_TIMEOUT_MS);
      client.unref();
      await this.lockOn(client);
      if (!this.isOpen) throw new Error('The session was closed.');
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
    this.client = client;
    this.onChange();
  }

  private async lockOn(client: OwnClient): Promise<void> {
    const { rows } = await client.query<{ locked: boolean }>({ ...LOCK, values: [this.instanceId, client.processID] });
    this.hasLock = rows[0]?.locked ?? false;
  }

  private lose(client: OwnClient): void {
    if (this.client !== client) return;
    this.client = undefined;
    this.hasLock = false;
    void client.end().catch(() => undefined);
    if (this.isOpen) this.connectIn(0, MIN_RETRY_MS);
  }
}
