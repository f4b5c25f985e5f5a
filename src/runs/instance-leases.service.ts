import { Injectable, Logger } from '@nestjs/common';
import { newId } from '../messages/new-id.js';
import { safeError } from '../errors/safe-error.js';
import { type LeaseStore } from './lease-store.interface.js';

const HEARTBEAT_MS = 5_000;

/**
 * The leases of this server instance, one in each store that it runs chats of. A lease covers all the instance's runs;
 * when it has run out, any other instance may take them over.
 */
@Injectable()
export class InstanceLeases {
  /** Names this process in every store. */
  readonly instanceId = newId();
  private readonly logger = new Logger(InstanceLeases.name);
  private readonly leases = new Map<LeaseStore, Lease>();

  /** Keeps a session in the store from now on, so that a death of this process is noticed at once. */
  open(store: LeaseStore): void {
    this.leaseIn(store);
  }

  /** Resolves when the instance holds a lease in the store, which costs a round trip only the first time. */
  async hold(store: LeaseStore): Promise<void> {
    await this.leaseIn(store).hold();
  }

  /** Releases every lease, so that no instance has to wait until it expires. */
  async release(): Promise<void> {
    const leases = [...this.leases.values()];
    this.leases.clear();
    await Promise.allSettled(leases.map((lease) => lease.release()));
  }

  private leaseIn(store: LeaseStore): Lease {
    let lease = this.leases.get(store);
    if (lease === undefined) {
      lease = new Lease(store, this.instanceId, this.logger);
      this.leases.set(store, lease);
    }
    return lease;
  }
}

class Lease {
  private heartbeat: NodeJS.Timeout | undefined;
  private renewal: Promise<void> | undefined;
  private heldUntil = 0;
  private isWanted = false;

  constructor(
    private readonly store: LeaseStore,
    private readonly instanceId: string,
    private readonly logger: Logger,
  ) {
    store.open(instanceId, () => {
      if (this.isWanted) this.renewInBackground();
    });
  }

  async hold(): Promise<void> {
    this.isWanted = true;
    if (performance.now() >= this.heldUntil) await this.renew();
    this.heartbeat ??= setInterval(() => {
      this.renewInBackground();
    }, HEARTBEAT_MS).unref();
  }

  async release(): Promise<void> {
    clearInterval(this.heartbeat);
    this.isWanted = false;
    await this.renewal?.catch(() => undefined);
    await this.store.release(this.instanceId);
  }

  /** After a renewal that is under way, which may not know of the session yet. */
  private renewInBackground(): void {
    const renewed = (this.renewal ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => (this.isWanted ? this.renew() : undefined));
    renewed.catch((error: unknown) => {
      this.logger.warn(`The instance's lease was not renewed: ${safeError(error).message}`);
    });
  }

  private renew(): Promise<void> {
    this.renewal ??= this.renewOnce().finally(() => (this.renewal = undefined));
    return this.renewal;
  }

  private async renewOnce(): Promise<void> {
    const sentAt = performance.now();
    const heldMs = await this.store.renew(this.instanceId);
    this.heldUntil = sentAt + heldMs - HEARTBEAT_MS / 2;
  }
}
