/** A run as the log names it. */
export function runName(runId: string, requestId: string | undefined): string {
  return requestId === undefined ? `run ${runId}` : `run ${runId} (request ${requestId})`;
}
