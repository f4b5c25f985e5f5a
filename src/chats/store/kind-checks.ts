import { type EntityMetadata } from 'typeorm';
import { ConfigurationError } from '../../errors/request.errors.js';
import { DuoMessage } from '../entities/duo-message.entity.js';

/**
 * Checks what the store's statements need of the messages of a kind.
 * @throws ConfigurationError when they belong to another chat, or have a column that only TypeORM would fill
 */
export function checkMessages(chat: EntityMetadata, message: EntityMetadata): void {
  const owner = message.findRelationWithPropertyPath('chat')?.inverseEntityMetadata;
  if (owner !== chat) {
    throw new ConfigurationError(
      `The messages of ${chat.targetName} are ${message.targetName}, whose chat is ${owner?.targetName ?? 'unknown'}. Each kind of chat needs a message entity of its own: class …Message extends ActsAsMessage<${chat.targetName}>({ chat: () => ${chat.targetName} }).`,
    );
  }
  const unfilled = message.columns.find((column) => !isOurs(column) && !fillsItself(column));
  if (unfilled !== undefined) {
    throw new ConfigurationError(
      `${message.targetName}.${unfilled.propertyName} must be nullable or have a default of the database: messages are stored by statements that know only the library's columns.`,
    );
  }
}

/** The library's columns must keep the names that its statements use, whatever the naming strategy does to others. */
export function checkNames({ columns, targetName }: EntityMetadata): void {
  for (const { databaseName, givenDatabaseName, propertyName } of columns) {
    const expected = givenDatabaseName ?? propertyName;
    if (databaseName === expected) continue;
    throw new ConfigurationError(
      `The naming strategy of the data source calls the column "${expected}" of ${targetName} "${databaseName}". Let it keep names that are given explicitly.`,
    );
  }
}

type ColumnMetadata = EntityMetadata['columns'][number];

function isOurs({ target }: ColumnMetadata): boolean {
  return target === DuoMessage;
}

function fillsItself(column: ColumnMetadata): boolean {
  const { isNullable, isGenerated, isCreateDate, isUpdateDate, asExpression } = column;
  return (
    isNullable ||
    isGenerated ||
    isCreateDate ||
    isUpdateDate ||
    column.default !== undefined ||
    asExpression !== undefined
  );
}
