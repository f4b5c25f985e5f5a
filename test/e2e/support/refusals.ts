import { type DataSource } from 'typeorm';

/** What a database refuses to store: the answer of a run, or its beginning. */
export type Refused = 'answer' | 'begin';

/** Makes a database refuse what belongs to some chats, by triggers that raise an SQLSTATE. */
export class Refusals {
  private constructor(private readonly database: DataSource) {}

  static async in(database: DataSource): Promise<Refusals> {
    await database.query('CREATE TABLE refusals (chat_id uuid, refused text, state text, times int)');
    // The sequences count on where a transaction is rolled back.
    await database.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       DECLARE refusal refusals;
       BEGIN
         SELECT * INTO refusal FROM refusals WHERE chat_id = NEW.chat_id AND refused = TG_ARGV[0];
         IF FOUND AND nextval(format('%I', NEW.chat_id)) <= refusal.times THEN
           RAISE EXCEPTION 'refused' USING ERRCODE = refusal.state;
         END IF;
         RETURN NEW;
       END $$`,
    );
    await database.query(
      `CREATE TRIGGER refuse_answer BEFORE INSERT ON messages FOR EACH ROW WHEN (NEW.role = 'assistant')
         EXECUTE FUNCTION refuse('answer')`,
    );
    await database.query(
      "CREATE TRIGGER refuse_begin BEFORE INSERT ON duo_runs FOR EACH ROW EXECUTE FUNCTION refuse('begin')",
    );
    return new Refusals(database);
  }

  /**
   * Refuses it for the chat.
   * @param times how often; until `end` by default
   */
  async refuse(chatId: string, refused: Refused, state: string, times = 1_000_000): Promise<void> {
    await this.database.query(`CREATE SEQUENCE "${chatId}"`);
    await this.database.query('INSERT INTO refusals VALUES ($1, $2, $3, $4)', [chatId, refused, state, times]);
  }

  async end(): Promise<void> {
    await this.database.query('DELETE FROM refusals');
  }

  /** How often it was refused for the chat. */
  async count(chatId: string): Promise<number> {
    const [row]: { count: string }[] = await this.database.query(
      `SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS count FROM "${chatId}"`,
    );
    return Number(row?.count);
  }
}
