import { type EndingRun, logValues } from './log-values.js';

/** The parameters of `endStatement`, but those of the attempts. */
export function endValues(run: EndingRun): unknown[] {
  const { answer } = run;
  return [
    run.chatId,
    run.runId,
    run.fence,
    run.status,
    answer?.id ?? null,
    answer?.status ?? null,
    answer?.text ?? null,
    answer ? JSON.stringify(answer.parts) : null,
    answer?.model ?? null,
    answer?.finishReason ?? null,
    answer?.createdAt ?? null,
    run.error && JSON.stringify(run.error),
    run.supersedes,
    ...logValues(run),
    run.prefixDigest,
    answer?.finishDetail ? JSON.stringify(answer.finishDetail) : null,
  ];
}
