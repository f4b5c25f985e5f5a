import { type IncomingMessage, type ServerResponse } from 'node:http';

import { NOT_FOUND } from '../gateway/gateway-replies.js';
import { type Gateway } from '../gateway/gateway.js';
import { findVendor } from '../gateway/proxy-routes.js';
import { DIRECT_ACCESS_PATH, type DirectAccess } from '../instance/direct-access.js';
import { type Controls, findControl } from './control.js';
import { Refusal, type Reply, sendReply } from './reply.js';

const INSTANCE_NOT_FOUND: Reply = { status: 404, body: { error: '404 Not Found' } };

/** Routes each request to the part that answers it. */
export class RequestListener {
  constructor(
    private readonly directAccess: DirectAccess,
    private readonly gateway: Gateway,
    private readonly controls: Controls,
  ) {}

  readonly listen = (request: IncomingMessage, response: ServerResponse): void => {
    this.route(request, response).catch((error: unknown) => {
      if (response.destroyed || response.headersSent) response.destroy();
      else if (error instanceof Refusal) sendReply(response, error.reply);
      else sendReply(response, { status: 500, body: { detail: String(error) } });
    });
  };

  private async route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const vendor = method === 'POST' ? findVendor(url) : undefined;
    if (vendor) return this.gateway.handle(vendor, request, response);
    if (method === 'POST' && url === DIRECT_ACCESS_PATH) return this.directAccess.handle(request, response);
    const control = findControl(method, url);
    if (!control) request.resume();
    sendReply(response, control ? await control(this.controls, request) : notFound(url));
  }
}

function notFound(url: string): Reply {
  return url.startsWith('/api/') ? INSTANCE_NOT_FOUND : NOT_FOUND;
}
