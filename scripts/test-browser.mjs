import { endWithNpm } from './launchers.mjs';
import { say } from './output.mjs';
import { build, install } from './prepare.mjs';
import { runNode } from './run.mjs';
import { step } from './steps.mjs';

endWithNpm();
await step('Installing the dependencies', install);
const { BROWSER_ADVICE, findBrowser } = await import('./browser.mjs');
const browser = findBrowser();
if (browser === undefined) {
  say('error', BROWSER_ADVICE);
  process.exitCode = 1;
} else {
  await step('Building', build);
  process.exitCode = await runNode(['--import', 'tsx', '--test', 'test/browser/web-page.ts'], {
    env: { ...process.env, CHROMIUM: browser },
  });
}
