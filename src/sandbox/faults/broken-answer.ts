import { type ServerResponse } from 'node:http';

import { type Reply, sendReply } from '../server/reply.js';

/** What a client gets instead of an answer: another one, silence, a socket that is reset, or the way to another host. */
export type BrokenAnswer = Reply | 'hang' | 'reset' | 'redirect';

/** `elsewhere` is the URL of the host to which a redirect leads. */
export function sendBroken(response: ServerResponse, broken: BrokenAnswer, elsewhere: string): void {
  if (broken === 'hang') return;
  if (broken === 'reset') response.socket?.resetAndDestroy();
  else sendReply(response, broken === 'redirect' ? redirect(elsewhere + (response.req.url ?? '')) : broken);
}

/** A redirect after which a client repeats method and body. */
function redirect(location: string): Reply {
  return { status: 307, headers: { location }, body: '' };
}

/** An HTML page, as logins and edges send them. */
export function page(status: number, title: string): Reply {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`,
  };
}
