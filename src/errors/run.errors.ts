import { GitlabDuoError } from './gitlab-duo.error.js';

/** The server stopped while the run was under way; what had been said is kept. */
export class RunInterruptedError extends GitlabDuoError {
  readonly code = 'server_busy';

  constructor(runId: string) {
    super(
      `Run ${runId} was interrupted because the server is stopping. Its text so far is kept: ask for a completion to answer again.`,
      {
        isRetryable: true,
      },
    );
  }
}

/** Another instance took the run over, because this one had not renewed its lease in time. */
export class RunLostError extends GitlabDuoError {
  readonly code = 'server_busy';

  constructor(runId: string) {
    super(
      `Run ${runId} was taken over by another instance, since this one did not renew its lease in time. Read the chat's messages, then go on from there.`,
      {
        isRetryable: true,
      },
    );
  }
}
