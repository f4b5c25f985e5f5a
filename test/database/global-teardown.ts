/** Ends the PostgreSQL that the setup started. */
export default async function tearDown(): Promise<void> {
  await globalThis.testDatabaseServer?.stop();
}
