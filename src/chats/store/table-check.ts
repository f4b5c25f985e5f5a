import { type DataSource, type EntityMetadata } from 'typeorm';
import { ConfigurationError } from '../../errors/request.errors.js';
import { type ChatKind } from '../chat-kind.js';
import { DUO_ENTITIES } from '../entities/duo-entities.js';
import { quotedTable } from './kind-tables.js';

/** What the database has of a table. */
interface FoundTable {
  exists: boolean;
  columns: string[];
}

const FOUND = `
SELECT to_regclass(path) IS NOT NULL AS "exists",
       ARRAY(SELECT a.attname::text FROM pg_attribute a
              WHERE a.attrelid = to_regclass(path) AND a.attnum > 0 AND NOT a.attisdropped) AS columns
  FROM unnest($1::text[]) WITH ORDINALITY AS t (path, place) ORDER BY place`;

/**
 * Checks that the tables of a kind, and the library's own, exist with all their columns.
 * @throws ConfigurationError that says which are missing, and how to create them
 */
export async function checkTables(dataSource: DataSource, { chat, message }: ChatKind): Promise<void> {
  const tables = [chat, message, ...DUO_ENTITIES].map((entity) => dataSource.getMetadata(entity));
  const found: FoundTable[] = await dataSource.query(FOUND, [tables.map(quotedTable)]);
  const missing = tables.flatMap((table, index) => missingIn(table, found[index] ?? { exists: false, columns: [] }));
  if (missing.length === 0) return;
  throw new ConfigurationError(
    `The database lacks ${missing.join(', ')}. Run the migrations: add ...DUO_MIGRATIONS and those of your own entities to the data source's migrations, and set migrationsRun: true or run TypeORM's migration:run. Two installations in one schema need a migrationsTableName each. On an empty database for development synchronize: true will do.`,
  );
}

function missingIn({ tableName, columns }: EntityMetadata, found: FoundTable): string[] {
  if (!found.exists) return [`the table "${tableName}"`];
  return columns
    .filter(({ databaseName, isVirtualProperty }) => !isVirtualProperty && !found.columns.includes(databaseName))
    .map(({ databaseName }) => `the column "${databaseName}" of "${tableName}"`);
}
