import { build } from './prepare.mjs';
import { step } from './steps.mjs';

await step('Building', build);
