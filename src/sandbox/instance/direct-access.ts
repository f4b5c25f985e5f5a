import { type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { sendBroken } from '../faults/broken-answer.js';
import { EXCHANGE_FAULTS, type ExchangeEffect } from '../faults/exchange-faults.js';
import { type FaultQueue } from '../faults/fault-queue.js';
import { type CallLog } from '../server/call-log.js';
import { type RedirectTarget } from '../server/redirect-target.js';
import { type Reply, sendReply } from '../server/reply.js';
import { readBody } from '../server/read-body.js';
import { ECHOED_HEADERS, PLAIN_HEADERS } from './echoed-headers.js';
import { refusePersonalToken } from './personal-token.js';
import { type TokenVault } from './token-vault.js';

export const DIRECT_ACCESS_PATH = '/api/v4/ai/third_party_agents/direct_access';

const LIFETIME_SECONDS = 3600;

/** The instance's endpoint that exchanges a personal access token for a gateway token. */
export class DirectAccess {
  constructor(
    private readonly vault: TokenVault,
    private readonly faults: FaultQueue,
    private readonly calls: CallLog,
    private readonly redirectTarget: RedirectTarget,
    private readonly token: string | undefined,
  ) {}

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    this.calls.exchange(request.headers, body);
    const fault = this.faults.take(EXCHANGE_FAULTS);
    const effect = fault ? fault.effect(fault.plan) : {};
    if (effect.delayMs !== undefined) await delay(effect.delayMs, response);
    if (effect.instead !== undefined) sendBroken(response, effect.instead, this.redirectTarget.url);
    else sendReply(response, refusePersonalToken(request.headers.authorization, this.token) ?? this.grant(effect));
  }

  private grant({ lifetimeSeconds = LIFETIME_SECONDS, hasPlainHeaders = false, withhold }: ExchangeEffect): Reply {
    const headers = hasPlainHeaders ? PLAIN_HEADERS : ECHOED_HEADERS;
    const grant = this.vault.issue(withhold === 'headers' ? {} : headers, lifetimeSeconds);
    const body = {
      token: grant.token,
      headers: withhold === 'headers' ? null : grant.headers,
      expires_at: withhold === 'expires_at' ? undefined : grant.expires_at,
    };
    return { status: 201, body };
  }
}

/** Waits for the delay, or until the client disconnects. */
async function delay(milliseconds: number, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort();
  });
  await sleep(milliseconds, undefined, { signal: gone.signal });
}
