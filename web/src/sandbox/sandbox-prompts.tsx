import { type ReactElement } from 'react';

const PROMPTS: [label: string, prompt: string][] = [
  ['A long answer', 'Tell me a story'],
  ['A tool call with progress', 'call count_down {"from":5}'],
  ['A call that needs approval', 'call send_postcard {"to":"Anna","text":"Hello"}'],
];

/** What to ask the sandbox to see all that the page can show. */
export function SandboxPrompts({ onChoose }: { onChoose: (prompt: string) => void }): ReactElement {
  return (
    <ul className="prompts" aria-label="Things to try with the sandbox">
      {PROMPTS.map(([label, prompt]) => (
        <li key={label}>
          <button
            type="button"
            onClick={() => {
              onChoose(prompt);
            }}
          >
            {label}
            <code>{prompt}</code>
          </button>
        </li>
      ))}
    </ul>
  );
}
