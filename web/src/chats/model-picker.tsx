import { type ReactElement, useId, useState } from 'react';
import { explain } from '../server/problem.js';
import { type ModelSummary } from '../server/server.interface.js';
import { describeModel } from './describe-model.js';

interface ModelPickerProps {
  models: ModelSummary[];
  /** The id of the model; empty for the server's own choice. */
  value: string;
  /** Whether the server's own choice can be chosen. */
  hasDefault?: boolean;
  onChoose: (id: string) => Promise<void>;
}

const VENDORS = [
  ['anthropic', 'Claude'],
  ['openai', 'GPT'],
] as const;

/** Chooses the model of a chat, and says what it can do. */
export function ModelPicker({ models, value, hasDefault = false, onChoose }: ModelPickerProps): ReactElement {
  const id = useId();
  const [error, setError] = useState<unknown>();
  const model = models.find((each) => each.id === value);
  const choose = async (chosen: string): Promise<void> => {
    setError(undefined);
    await onChoose(chosen).catch(setError);
  };
  return (
    <div className="model">
      <label htmlFor={id}>Model</label>
      <select
        id={id}
        value={value}
        aria-describedby={`${id}-traits`}
        onChange={(event) => void choose(event.target.value)}
      >
        {hasDefault && <option value="">The server’s own</option>}
        {VENDORS.map(([vendor, name]) => (
          <optgroup key={vendor} label={name}>
            {models
              .filter((each) => each.vendor === vendor && (each.status !== 'retired' || each.id === value))
              .map((each) => (
                <option key={each.id} value={each.id}>
                  {each.id}
                </option>
              ))}
          </optgroup>
        ))}
      </select>
      <span className="hint" id={`${id}-traits`}>
        {model && describeModel(model)}
      </span>
      {error !== undefined && (
        <span className="failure" role="alert">
          {explain(error)}
        </span>
      )}
    </div>
  );
}
