import { type ServerResponse } from 'node:http';

import { type Reply, sendReply } from '../server/reply.js';

/** What a client gets instead of an answer: another one, silence, or a socket that is reset. */
export type BrokenAnswer = Reply | 'hang' | 'reset';

export function sendBroken(response: ServerResponse, broken: BrokenAnswer): void {
  if (broken === 'hang') return;
  if (broken === 'reset') response.socket?.resetAndDestroy();
  else sendReply(response, broken);
}

/** An HTML page, as logins and edges send them. */
export function page(status: number, title: string): Reply {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`,
  };
}
