import { createHash } from 'node:crypto';
import { type Pool, type QueryArrayConfig } from 'pg';
import { ConnectionIsNotSetError, type DataSource } from 'typeorm';
import { ConfigurationError } from '../../errors/request.errors.js';

const QUERY_TIMEOUT_MS = 10_000;

/** A named statement: each connection prepares it once. */
export interface Statement {
  name: string;
  text: string;
  query_timeout: number;
}

/** Names a statement by its text, so that equal statements share one preparation. */
export function statement(text: string): Statement {
  return {
    name: `duo_${createHash('sha1').update(text).digest('base64url').slice(0, 16)}`,
    text,
    query_timeout: QUERY_TIMEOUT_MS,
  };
}

/**
 * Runs the hot path's statements directly on the data source's pool of connections: TypeORM's query runner costs more than
 * the statements themselves. Each statement is a transaction of its own.
 */
export class SqlClient {
  private readonly driver: { master: Pool | undefined };

  /** @throws ConfigurationError when the data source is not PostgreSQL, or has no connections yet */
  constructor(dataSource: DataSource) {
    if (dataSource.options.type !== 'postgres') {
      throw new ConfigurationError(
        `Chats live in PostgreSQL, and the data source is of the type "${dataSource.options.type}". Use type: 'postgres'.`,
      );
    }
    if (!dataSource.isInitialized) {
      throw new ConfigurationError(
        'Chats need an initialized data source: leave manualInitialization off in TypeOrmModule.forRoot().',
      );
    }
    this.driver = dataSource.driver as unknown as { master: Pool | undefined };
  }

  /** A data source that is closed and opened again gets a new pool. */
  get pool(): Pool {
    const { master } = this.driver;
    if (master === undefined) throw new ConnectionIsNotSetError('postgres');
    return master;
  }

  async rows<Row extends object>(statement: Statement, values: unknown[]): Promise<Row[]> {
    const { rows } = await this.pool.query<Row>(query(statement, { values }));
    return rows;
  }

  /** Rows as arrays: as objects, many rows cost twice as much. */
  async arrays<Rows extends readonly unknown[]>(statement: Statement, values: unknown[]): Promise<Rows> {
    const { rows } = await this.pool.query(query(statement, { values, rowMode: 'array' }));
    return rows as unknown[] as unknown as Rows;
  }
}

/** pg copies the own properties of a query, which takes a while, and only reads the inherited ones. */
function query(statement: Statement, own: Partial<QueryArrayConfig>): QueryArrayConfig {
  return Object.assign(Object.create(statement) as QueryArrayConfig, own);
}
