/** According to models.dev. */
const WITHOUT_PDF: ReadonlySet<string> = new Set([
  'gpt-5.1-2025-11-13',
  'gpt-5.2-2025-12-11',
  'gpt-5-mini-2025-08-07',
  'gpt-5.4-mini',
  'gpt-5.4-nano',
  'gpt-5-codex',
]);

/** Whether a model of OpenAI reads PDF documents. */
export function readsPdf(model: string): boolean {
  return !WITHOUT_PDF.has(model);
}
