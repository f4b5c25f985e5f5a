import pg from 'pg';

/** Makes chats of the server's local owner, straight in its database, and returns the paths that answer in them. */
export async function createChats(databaseUrl: string, count: number): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>(
      `INSERT INTO chats (id, owner_id, model) SELECT gen_random_uuid(), 'local', 'duo-chat-sonnet-4-6' FROM generate_series(1, $1) RETURNING id`,
      [count],
    );
    return rows.map(({ id }) => `/chats/${id}/messages`);
  } finally {
    await client.end();
  }
}
