import { type DataSource, type EntityManager } from 'typeorm';
import { type FailedRun } from '../../runs/failed-runs.js';
import { type Recovery } from '../../config/gitlab-duo-options.interface.js';
import { type ResolvedKind } from '../chat-kind.js';
import { type Histories } from './history-cache.service.js';
import { type KindTables, kindTables } from './kind-tables.js';
import { SqlClient, type Statement, statement } from './sql-client.js';
import { inTransaction } from './transaction.js';
import { type DatabaseClock } from './write-deadline.js';

/** The text of a statement, for the tables of a kind. */
export type KindSql = (tables: KindTables) => string;

/** What the store needs to know about this process. */
export interface RunOwner {
  readonly instanceId: string;
  /** Whether this process still holds the run: from before its begin is sent until its end is stored or given up. */
  isHeld(runId: string): boolean;
  /** Logs a run whose own process could not. */
  logFailure(run: FailedRun, error: unknown): void;
}

/** What the operations share, apart from the tables. */
export interface KindDependencies {
  clock: DatabaseClock;
  owner: RunOwner;
  histories: Histories;
}

/** One kind of chat in one data source, as the operations use it. It builds each statement once. */
export class KindDatabase {
  readonly tables: KindTables;
  /** The kind's stable name. */
  readonly kind: string;
  readonly recovery: Recovery;
  readonly clock: DatabaseClock;
  readonly owner: RunOwner;
  readonly histories: Histories;
  private readonly client: SqlClient;
  private readonly statements = new Map<KindSql, Statement>();

  /** @throws ConfigurationError when the data source is not PostgreSQL or lacks one of the entities */
  constructor(
    private readonly dataSource: DataSource,
    kind: ResolvedKind,
    { clock, owner, histories }: KindDependencies,
  ) {
    this.client = new SqlClient(dataSource);
    this.tables = kindTables(dataSource, kind);
    this.kind = kind.name ?? dataSource.getMetadata(kind.chat).tableName;
    this.recovery = kind.recovery;
    this.clock = clock;
    this.owner = owner;
    this.histories = histories;
  }

  rows<Row extends object>(sql: KindSql, values: unknown[]): Promise<Row[]> {
    return this.client.rows<Row>(this.statement(sql), values);
  }

  /** Rows as arrays: cheaper where there are many. */
  arrays<Rows extends readonly unknown[]>(sql: KindSql, values: unknown[]): Promise<Rows> {
    return this.client.arrays<Rows>(this.statement(sql), values);
  }

  /** Works in a transaction, again where the database rolled it back for a passing reason. */
  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return inTransaction(this.dataSource, work);
  }

  /** The statement of a text, built once. */
  statement(sql: KindSql): Statement {
    let built = this.statements.get(sql);
    if (built === undefined) {
      built = statement(sql(this.tables));
      this.statements.set(sql, built);
    }
    return built;
  }
}
