import { createServer, type Server } from 'node:http';

import { type CallLog } from './call-log.js';
import { close, listen } from './listening.js';
import { sendReply } from './reply.js';
import { readBody } from './read-body.js';

/** The other host to which redirects lead. It answers every request with 404 and records it. */
export class RedirectTarget {
  url = '';
  private readonly server: Server;

  constructor(calls: CallLog) {
    this.server = createServer((request, response) => {
      void readBody(request)
        .catch(() => '')
        .then((body) => {
          calls.stray(request, body);
          sendReply(response, { status: 404, body: { detail: 'No client should follow a redirect to this host' } });
        });
    });
  }

  async listen(host: string): Promise<void> {
    this.url = await listen(this.server, 0, host);
  }

  close(): Promise<void> {
    return close(this.server);
  }
}
