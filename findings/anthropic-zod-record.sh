#!/usr/bin/env bash
# zodOutputFormat() of the Anthropic SDK turns z.record() into an object that may have no property at all.
#
# A record of strings to numbers is a valid Zod schema, and JSON Schema says it with `additionalProperties`. The dialect of
# structured outputs wants `additionalProperties: false` everywhere, and the SDK writes that over what the record said,
# without an error. The only value that such a schema accepts is {}, so the model can never give an entry, and the answer
# still parses: { "prices": {} }. The helper of the OpenAI SDK refuses the same schema by name.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @anthropic-ai/sdk@1.14.0 openai@7.59.0 zod@4.6.7 2>/dev/null
cat >run.mjs <<'JS'
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { z } from 'zod';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { zodResponseFormat } from 'openai/helpers/zod';

const require = createRequire(import.meta.url);
for (const name of ['@anthropic-ai/sdk', 'openai', 'zod']) {
  console.log(name, JSON.parse(require('node:fs').readFileSync(`node_modules/${name}/package.json`)).version);
}

const Prices = z.object({ prices: z.record(z.string(), z.number()) });
assert.deepEqual(Prices.parse({ prices: { tea: 2.5 } }), { prices: { tea: 2.5 } });

const format = zodOutputFormat(Prices);
const { prices } = format.schema.properties;
console.log('zod itself:       ', JSON.stringify(z.toJSONSchema(Prices).properties.prices));
console.log('zodOutputFormat():', JSON.stringify(prices));
assert.deepEqual(prices.properties, {});
assert.equal(prices.additionalProperties, false);
assert.deepEqual(format.parse('{"prices":{}}'), { prices: {} });

assert.throws(() => zodResponseFormat(Prices, 'prices'), (error) => {
  console.log('zodResponseFormat() throws:', error.message);
  return /additionalProperties/.test(error.message);
});
console.log('As described: the record became an object that allows no property.');
JS
node run.mjs
