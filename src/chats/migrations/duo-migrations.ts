import { type MigrationInterface } from 'typeorm';
import { AddRunResource1796600000000 } from './add-run-resource.migration.js';
import { AllowChatlessAttempts1796900000000 } from './allow-chatless-attempts.migration.js';
import { CreateDuoTables1795337122000 } from './create-duo-tables.migration.js';
import { RenameDuoIndexes1795683600000 } from './rename-duo-indexes.migration.js';
import { RenameProviderCallId1796400000000 } from './rename-provider-call-id.migration.js';

/**
 * The migrations of the library's own tables. A host adds `...DUO_MIGRATIONS` to its `migrations`, and generates those of
 * its chats and messages.
 * @publicApi
 */
export const DUO_MIGRATIONS: (new () => MigrationInterface)[] = [
  CreateDuoTables1795337122000,
  RenameDuoIndexes1795683600000,
  RenameProviderCallId1796400000000,
  AddRunResource1796600000000,
  AllowChatlessAttempts1796900000000,
];
