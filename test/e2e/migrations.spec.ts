import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource, type DataSourceOptions, DefaultNamingStrategy, Entity } from 'typeorm';
import { ActsAsChat, ActsAsMessage, ConfigurationError, DUO_ENTITIES, DUO_MIGRATIONS } from '../../src/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';

@Entity('case_messages')
class CaseMessage extends ActsAsMessage<Case>({ chat: () => Case }) {}

@Entity('cases')
class Case extends ActsAsChat<CaseMessage>({ messages: () => CaseMessage }) {}

/** Puts every table's name in capitals. */
class LoudNamingStrategy extends DefaultNamingStrategy {
  override tableName(target: string, given: string | undefined): string {
    return super.tableName(target, given).toUpperCase();
  }
}

describe('DUO_MIGRATIONS', () => {
  let database: TestDatabase;
  const opened: DataSource[] = [];

  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((dataSource) => dataSource.destroy()));
    await database.drop();
  });

  async function open(options: Partial<DataSourceOptions>): Promise<DataSource> {
    const dataSource = new DataSource({
      type: 'postgres',
      url: database.url,
      entities: DUO_ENTITIES,
      migrations: DUO_MIGRATIONS,
      ...options,
    } as DataSourceOptions);
    opened.push(await dataSource.initialize());
    return dataSource;
  }

  /** What `migration:generate` would write now. */
  async function generated(dataSource: DataSource): Promise<string[]> {
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    return upQueries.map(({ query }) => query);
  }

  const hosts: [string, Partial<DataSourceOptions>][] = [
    ['by default', {}],
    ['in a schema of its own', { schema: 'desk' }],
    ['with a prefix', { entityPrefix: 'app_' }],
    ['with a naming strategy', { namingStrategy: new LoudNamingStrategy() }],
  ];

  it.each(hosts)('leaves a host nothing but its own tables to generate %s', async (_name, options) => {
    const dataSource = await open({ ...options, entities: [Case, CaseMessage, ...DUO_ENTITIES] });
    await dataSource.query('CREATE SCHEMA desk');
    await dataSource.runMigrations();
    const left = await generated(dataSource);
    expect(left.filter((query) => /CREATE TABLE/.test(query))).toHaveLength(2);
    expect(left.filter((query) => /duo_/i.test(query))).toEqual([]);
    expect(left.length).toBe(5);

    await dataSource.synchronize();
    expect(await generated(dataSource)).toEqual([]);
  });

  it('can be undone', async () => {
    const dataSource = await open({});
    await dataSource.runMigrations();
    for (const _migration of DUO_MIGRATIONS) await dataSource.undoLastMigration();
    const tables: unknown[] = await dataSource.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
    expect(tables).toEqual([{ tablename: 'migrations' }]);
  });

  it('says what a data source lacks that does not know the entities', async () => {
    const dataSource = await open({ entities: [] });
    await expect(dataSource.runMigrations()).rejects.toThrow(
      new ConfigurationError(
        'The data source does not know the entity DuoAttempt. Set autoLoadEntities: true, or list your chat and message entities and ...DUO_ENTITIES under entities.',
      ),
    );
  });
});
