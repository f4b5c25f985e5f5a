import { type MigrationInterface } from 'typeorm';
import { CreateChats1795337122646 } from '../../migrations/1795337122646-CreateChats.js';
import { AddMessageDetails1796137200000 } from '../../migrations/1796137200000-AddMessageDetails.js';
import { AddExternalIds1796600000001 } from '../../migrations/1796600000001-AddExternalIds.js';
import { AddMessageRevisions1796700000000 } from '../../migrations/1796700000000-AddMessageRevisions.js';
import { DUO_MIGRATIONS } from '../../src/chats/migrations/duo-migrations.js';

/** The migrations that the server runs. */
export const SERVER_MIGRATIONS: (new () => MigrationInterface)[] = [
  ...DUO_MIGRATIONS,
  CreateChats1795337122646,
  AddMessageDetails1796137200000,
  AddExternalIds1796600000001,
  AddMessageRevisions1796700000000,
];
