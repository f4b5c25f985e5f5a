import { Logger } from '@nestjs/common';
import { type DuoService } from '../conversation/duo.service.js';
import { safeError } from '../errors/safe-error.js';

/** How long GitLab may take to answer the check, in milliseconds. */
const CHECK_TIMEOUT_MS = 15_000;

/**
 * Warns when GitLab or its gateway do not take the server's token, so that the operator knows before the first ask fails;
 * no model is asked. Never rejects.
 * @param stopping ends the check silently
 */
export async function checkConnection(
  duo: Pick<DuoService, 'testConnection'>,
  stopping: AbortSignal,
  timeoutMs = CHECK_TIMEOUT_MS,
): Promise<void> {
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    await duo.testConnection({ signal: AbortSignal.any([stopping, limit]) });
  } catch (error) {
    if (stopping.aborted) return;
    const reason = limit.aborted
      ? `GitLab did not answer within ${timeoutMs / 1_000} s. Check GITLAB_INSTANCE_URL, GITLAB_GATEWAY_URL, the network and the proxy.`
      : safeError(error).message;
    new Logger('Server').warn(`Asks will fail until this is mended: ${reason}`);
  }
}
