import { type ServerResponse } from 'node:http';

import { type Reply, sendReply } from '../server/reply.js';

/** Sent instead of an answer: another reply, silence, a connection reset, or a redirect to another host. */
export type BrokenAnswer = Reply | 'hang' | 'reset' | 'redirect';

/** `redirectTarget` is the URL of the host to which a redirect leads. */
export function sendBroken(response: ServerResponse, broken: BrokenAnswer, redirectTarget: string): void {
  if (broken === 'hang') return;
  if (broken === 'reset') response.socket?.resetAndDestroy();
  else sendReply(response, broken === 'redirect' ? redirect(redirectTarget + (response.req.url ?? '')) : broken);
}

/** A redirect after which a client repeats method and body. */
function redirect(location: string): Reply {
  return { status: 307, headers: { location }, body: '' };
}

/** An HTML page, as login forms and edge servers send them. */
export function page(status: number, title: string): Reply {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`,
  };
}
