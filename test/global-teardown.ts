import { rm } from 'node:fs/promises';

/** Ends the PostgreSQL that the setup started, and removes the folder that it made. */
export default async function tearDown(): Promise<void> {
  await globalThis.testDatabaseServer?.stop();
  if (globalThis.testPrograms !== undefined) await rm(globalThis.testPrograms, { recursive: true, force: true });
}
