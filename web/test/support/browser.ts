import { JSDOM } from 'jsdom';

/** What the page uses of a browser; the rest, such as `fetch`, is Node's own. */
const GLOBALS = ['document', 'location', 'sessionStorage', 'navigator', 'File', 'FileReader', 'HTMLElement'] as const;

/** Opens a browser's window at an address, for all code that runs from now on. */
export function openWindow(url: string, gateway: 'gitlab' | 'sandbox'): JSDOM['window'] {
  const html = `<!doctype html><meta name="gateway" content="${gateway}" /><div id="page"></div>`;
  const { window } = new JSDOM(html, { url, pretendToBeVisual: true });
  for (const name of GLOBALS) {
    Object.defineProperty(globalThis, name, { value: window[name], configurable: true, writable: true });
  }
  Object.defineProperty(globalThis, 'window', { value: window, configurable: true });
  return window;
}
