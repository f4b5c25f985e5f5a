/** The agent whose chats the servers' tools are offered in. */
export const AGENT = 'clerk';
