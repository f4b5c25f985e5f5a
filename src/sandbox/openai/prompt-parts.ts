import { type Prompt } from '../conversation/prompt.js';
import { isJsonObject, type JsonObject, objectsOf, stringOf } from '../json.js';

/** The texts of a message's content, one for each part. */
export function contentTexts(content: unknown): string[] {
  return typeof content === 'string' ? [content] : objectsOf(content).map(partText);
}

/** Reads `tool_choice`; `named` finds the tool that it names. */
export function toolChoiceOf(choice: unknown, named: (choice: JsonObject) => unknown): Prompt['toolChoice'] {
  if (isJsonObject(choice)) {
    const name = stringOf(named(choice));
    return name === '' ? 'auto' : { name };
  }
  return choice === 'required' || choice === 'none' ? choice : 'auto';
}

/** The number of tokens that a request allows for its answer. */
export function limitOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** Whether an effort means that the model reasons. */
export function isEffort(effort: unknown): boolean {
  return typeof effort === 'string' && effort !== 'none';
}

function partText(part: JsonObject): string {
  switch (part.type) {
    case 'image_url':
    case 'input_image':
      return '[image]';
    case 'file':
    case 'input_file':
      return '[file]';
    case 'refusal':
      return stringOf(part.refusal);
    default:
      return stringOf(part.text);
  }
}
