import pg from 'pg';

/** Holds the row of a chat in a transaction, as a caller's own may. @returns what ends the transaction */
export async function lockChat(databaseUrl: string, chatId: string): Promise<() => Promise<void>> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: 30_000,
    query_timeout: 30_000,
  });
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT 1 FROM chats WHERE id = $1 FOR UPDATE', [chatId]);
  return async () => {
    await client.query('COMMIT');
    await client.end();
  };
}
