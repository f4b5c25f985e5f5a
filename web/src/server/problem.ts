/** An answer of the server that refuses a call: a problem as of RFC 9457. */
export class ServerProblem extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code?: string,
  ) {
    super(message);
  }
}

/** Reads the body of a refusal. */
export function problemOf(body: string, status: number): ServerProblem {
  const problem = readProblem(body);
  const message = problem?.detail ?? problem?.title ?? `The server refused with status ${status}. Try again.`;
  return new ServerProblem(message, status, problem?.code);
}

/** What went wrong, and what to do about it, for a person. */
export function explain(error: unknown): string {
  if (isConnectionLost(error)) {
    return 'The server does not answer. Check that it runs and that you are online; this page tries again by itself.';
  }
  if (!isError(error)) return String(error);
  // The client of the AI SDK puts the whole body into the message.
  const problem = readProblem(error.message);
  return advised(problem?.detail ?? problem?.title ?? error.message, problem?.code ?? codeOf(error));
}

/** Whether an error says that the connection was lost, and nothing about the call. */
export function isConnectionLost(error: unknown): boolean {
  return isError(error) && error.name === 'TypeError' && /fetch|network|load failed|terminated/i.test(error.message);
}

/** By its shape, since an error may come from another global scope, such as that of `fetch`. */
function isError(error: unknown): error is Error {
  return typeof error === 'object' && error !== null && 'name' in error && 'message' in error;
}

const ADVICE: Record<string, string> = {
  chat_busy: 'Wait for the answer that is being written, or stop it.',
  pending_tool_calls: 'Approve or deny the calls that wait first.',
  rate_limited: 'Wait a moment, then try again.',
  payload_too_large: 'Send fewer or smaller files.',
  not_found: 'Choose another chat in the list, or begin a new one.',
};

function advised(message: string, code: string | undefined): string {
  const advice = code === undefined ? undefined : ADVICE[code];
  return advice === undefined || message.includes(advice) ? message : `${message} ${advice}`;
}

function codeOf(error: Error): string | undefined {
  return error instanceof ServerProblem ? error.code : undefined;
}

function readProblem(text: string): { detail?: string; title?: string; code?: string } | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as { detail?: string; title?: string; code?: string };
  } catch {
    return undefined;
  }
}
