import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];

/** How to get a browser, for a person. */
export const BROWSER_ADVICE =
  'No Chromium was found. Run `npx playwright-core install chromium --only-shell`, or set CHROMIUM to the path of one.';

/**
 * The path of a Chromium: that of the variable CHROMIUM, the one that Playwright has installed, or one on the path.
 * @returns {string | undefined}
 */
export function findBrowser() {
  const given = process.env.CHROMIUM?.trim();
  if (given) return isProgram(given) ? given : undefined;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...installedByPlaywright(), ...candidates].find(isProgram);
}

/** The whole browser, and the one without windows, which is installed by itself. */
function installedByPlaywright() {
  const whole = chromium.executablePath();
  const shell = whole
    .replace(/chromium-(\d+)/, 'chromium_headless_shell-$1')
    .replace(/chrome-linux(64)?[/\\]chrome$/, 'chrome-headless-shell-linux64/chrome-headless-shell');
  return [whole, shell];
}

/** @param {string} path */
function isProgram(path) {
  if (!existsSync(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
