import { rm } from 'node:fs/promises';

/** Ends the PostgreSQL that the setup started, and removes the folders that it made. */
export default async function tearDown(): Promise<void> {
  await globalThis.testDatabaseServer?.stop();
  for (const folder of [globalThis.testPrograms, globalThis.testCompiled])
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
}
