/** Whether the sandbox answers instead of GitLab: the server writes it into the page. */
export function isSandbox(): boolean {
  return document.querySelector('meta[name="gateway"]')?.getAttribute('content') === 'sandbox';
}
