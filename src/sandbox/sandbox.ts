import { createServer, type Server } from 'node:http';
import { type Socket } from 'node:net';

import { type FaultPlan, readFaultPlan } from './faults/fault-plan.js';
import { FaultQueue } from './faults/fault-queue.js';
import { findImmediateFault } from './faults/immediate-faults.js';
import { Gateway } from './gateway/gateway.js';
import { DirectAccess } from './instance/direct-access.js';
import { TokenVault } from './instance/token-vault.js';
import { type Sandbox, type SandboxOptions } from './sandbox.interface.js';
import { CallLog, type SandboxCalls } from './server/call-log.js';
import { RedirectTarget } from './server/redirect-target.js';
import { close, listen } from './server/listening.js';
import { RequestListener } from './server/request-listener.js';

/** Longer than clients keep an idle connection, so that the server never closes one that a request is about to use. */
const KEEP_ALIVE_MS = 75_000;

/**
 * Starts a local GitLab Duo on a real socket.
 *
 * @throws Error from the socket, such as `EADDRINUSE`.
 * @example
 * const sandbox = await startSandbox();
 * // instanceUrl and gatewayUrl are both sandbox.url; any token will do.
 * sandbox.fault({ fault: 'gateway-overloaded', times: 2 });
 * await sandbox.close();
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = new RunningSandbox(options);
  await sandbox.listen(options.port ?? 0, options.host ?? '127.0.0.1');
  return sandbox;
}

class RunningSandbox implements Sandbox {
  url = '';
  port = 0;
  private readonly vault = new TokenVault();
  private readonly faults = new FaultQueue();
  private readonly log = new CallLog();
  private readonly redirectTarget = new RedirectTarget(this.log);
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  constructor({ token, chunkDelayMs, chunkSize = 1 }: SandboxOptions) {
    const directAccess = new DirectAccess(this.vault, this.faults, this.log, this.redirectTarget, token);
    const gateway = new Gateway(this.vault, this.faults, this.log, this.redirectTarget, { chunkDelayMs, chunkSize });
    const listener = new RequestListener(directAccess, gateway, this);
    this.server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, listener.listen);
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
  }

  async listen(port: number, host: string): Promise<void> {
    this.url = await listen(this.server, port, host);
    this.port = Number(new URL(this.url).port);
    await this.redirectTarget.listen(host);
  }

  get calls(): SandboxCalls {
    return this.log.snapshot(this.sockets.size);
  }

  fault(value: FaultPlan): void {
    const plan = readFaultPlan(value);
    const act = findImmediateFault(plan.fault);
    if (act) act(this.vault);
    else this.faults.add(plan);
  }

  dropFaults(): void {
    this.faults.clear();
  }

  reset(): void {
    this.faults.clear();
    this.log.reset();
  }

  async close(): Promise<void> {
    await Promise.all([close(this.server), this.redirectTarget.close()]);
  }
}
