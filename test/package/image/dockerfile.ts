/** One instruction of a Dockerfile. */
export interface Step {
  readonly instruction: string;
  readonly words: string;
}

/** What follows a FROM. */
export interface Stage {
  readonly base: string;
  readonly name: string | undefined;
  readonly steps: Step[];
}

export function parseDockerfile(text: string): Stage[] {
  const stages: Stage[] = [];
  for (const { instruction, words } of parseSteps(text)) {
    const from = instruction === 'FROM' ? /^(\S+)(?: AS (\S+))?$/i.exec(words) : undefined;
    if (from?.[1] !== undefined) stages.push({ base: from[1], name: from[2], steps: [] });
    else if (stages.length === 0 || from === null) throw new Error(`This is not understood: ${instruction} ${words}`);
    else stages.at(-1)?.steps.push({ instruction, words });
  }
  return stages;
}

function parseSteps(text: string): Step[] {
  return text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [instruction = '', ...words] = line.trim().split(/\s+/);
      return { instruction: instruction.toUpperCase(), words: words.join(' ') };
    });
}
