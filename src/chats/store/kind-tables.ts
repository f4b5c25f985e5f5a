import { type DataSource, type EntityMetadata } from 'typeorm';
import { ConfigurationError } from '../../errors/request.errors.js';
import { type ChatKind } from '../chat-kind.js';
import { DuoAttempt } from '../entities/duo-attempt.entity.js';
import { DuoIdempotencyKey } from '../entities/duo-idempotency-key.entity.js';
import { DuoInstance } from '../entities/duo-instance.entity.js';
import { DuoRunEvent } from '../entities/duo-run-event.entity.js';
import { DuoRun } from '../entities/duo-run.entity.js';
import { DuoToolCall } from '../entities/duo-tool-call.entity.js';
import { checkMessages, checkNames } from './kind-checks.js';

/** The quoted names of the tables of a kind, from the entities' metadata, and the columns of its chats and messages. */
export interface KindTables {
  chats: string;
  messages: string;
  runs: string;
  /** The name of the unique index that allows one active run per chat. */
  activeRunIndex: string;
  instances: string;
  attempts: string;
  toolCalls: string;
  events: string;
  keys: string;
  /** The name of that table alone, as errors have it. */
  keyTable: string;
  chat: (property: string) => string;
  message: (property: string) => string;
  /** The name of the unique index of the external ids of messages. */
  externalIdIndex: string;
  /** The condition that a row of messages is not superseded. One of 0.1.0 has no time of that. */
  isLive: (row: string) => string;
  /** The condition that a row of chats has the id and the owner, and is not soft-deleted. */
  isChatOf: (row: string, id: string, ownerId: string) => string;
}

/** @throws ConfigurationError when the data source does not know one of the entities */
export function kindTables(dataSource: DataSource, kind: ChatKind): KindTables {
  const chat = metadataOf(dataSource, kind.chat);
  const message = metadataOf(dataSource, kind.message);
  checkMessages(chat, message);
  return {
    chats: quotedTable(chat),
    messages: quotedTable(message),
    runs: tableOf(dataSource, DuoRun),
    activeRunIndex: partialIndex(metadataOf(dataSource, DuoRun), 'chatId'),
    instances: tableOf(dataSource, DuoInstance),
    attempts: tableOf(dataSource, DuoAttempt),
    toolCalls: tableOf(dataSource, DuoToolCall),
    events: tableOf(dataSource, DuoRunEvent),
    keys: tableOf(dataSource, DuoIdempotencyKey),
    keyTable: metadataOf(dataSource, DuoIdempotencyKey).tableName,
    chat: (property) => column(chat, property),
    message: (property) => column(message, property),
    externalIdIndex: partialIndex(message, 'externalId'),
    isLive: (row) =>
      `${row}.${column(message, 'supersededBy')} IS NULL AND ${row}.${column(message, 'supersededAt')} IS NULL`,
    isChatOf: (row, id, ownerId) => isChatOf(chat, row, id, ownerId),
  };
}

/**
 * The quoted name of the table of one of the library's own entities.
 * @throws ConfigurationError when the data source does not know the entity, or renames its columns
 */
export function tableOf(dataSource: DataSource, entity: EntityClass): string {
  const metadata = metadataOf(dataSource, entity);
  checkNames(metadata);
  return quotedTable(metadata);
}

type EntityClass = abstract new () => object;

function metadataOf(dataSource: DataSource, entity: EntityClass): EntityMetadata {
  if (!dataSource.hasMetadata(entity)) {
    throw new ConfigurationError(
      `The data source does not know the entity ${entity.name}. Set autoLoadEntities: true, or list your chat and message entities and ...DUO_ENTITIES under entities.`,
    );
  }
  return dataSource.getMetadata(entity);
}

/** The name of the unique index of a property that has a condition. */
function partialIndex({ indices, targetName }: EntityMetadata, property: string): string {
  const index = indices.find(
    ({ isUnique, where, columns }) =>
      isUnique && where !== undefined && columns.some(({ propertyName }) => propertyName === property),
  );
  if (index === undefined) throw new Error(`${targetName} has no unique index of ${property} with a condition.`);
  return index.name;
}

function isChatOf(chat: EntityMetadata, row: string, id: string, ownerId: string): string {
  const owned = `${row}.${column(chat, 'id')} = ${id} AND ${row}.${column(chat, 'ownerId')} IS NOT DISTINCT FROM ${ownerId}::text`;
  const { deleteDateColumn } = chat;
  return deleteDateColumn ? `${owned} AND ${row}.${quoted(deleteDateColumn.databaseName)} IS NULL` : owned;
}

/** The quoted name of a table, its schema included. */
export function quotedTable(metadata: EntityMetadata): string {
  return metadata.tablePath.split('.').map(quoted).join('.');
}

function column(metadata: EntityMetadata, property: string): string {
  const found = metadata.findColumnWithPropertyName(property);
  if (found === undefined)
    throw new ConfigurationError(`${metadata.targetName} has no column for its property ${property}.`);
  return quoted(found.databaseName);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
