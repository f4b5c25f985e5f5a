// Replaces sed where a machine has none, for what the pages use: one command 's/pattern/replacement/'.
import { createInterface } from 'node:readline';

const [, pattern, replacement] = /^s\/(.*)\/(.*)\/$/.exec(process.argv[2]);
// In a basic regular expression a group is written \( \), and a bare parenthesis is a character.
const regExp = new RegExp(pattern.replace(/(\\?)([()])/g, (_all, escape, sign) => (escape ? sign : `\\${sign}`)));
for await (const line of createInterface({ input: process.stdin })) {
  console.log(line.replace(regExp, replacement.replaceAll(/\\(\d)/g, '$$$1')));
}
