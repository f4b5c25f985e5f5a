import { ConfigurationError, ValidationError } from '../errors/request.errors.js';
import { type JsonObject } from '../messages/json.interface.js';
import { type ModelRequest } from '../messages/model-request.interface.js';
import { mustBeJsonSchema } from '../schemas/json-schema.js';
import { answerProblem } from '../schemas/object-schema.js';
import { checkGivenTool } from '../schemas/tool-check.js';

// The same schemas come with request after request.
const checked = new WeakSet<JsonObject>();

/**
 * Checks the tools and the schema of a request as the start of an application checks its own.
 * @throws ValidationError for what a vendor would refuse
 */
export function checkSchemas({ tools = [], outputSchema }: ModelRequest): void {
  for (const tool of tools) {
    asValidation(`The tool ${JSON.stringify(tool.name)} cannot be offered: `, () => {
      checkGivenTool(tool);
    });
  }
  const names = tools.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new ValidationError(`Two tools of the request have the name "${repeated}": give one of them another name.`);
  }
  if (outputSchema !== undefined && !checked.has(outputSchema)) checkOutput(outputSchema);
}

function checkOutput(schema: JsonObject): void {
  const problem = answerProblem(schema);
  if (problem !== undefined) throw new ValidationError(problem);
  asValidation('', () => {
    mustBeJsonSchema(schema);
  });
  checked.add(schema);
}

/** What stops a start is the fault of a request here. */
function asValidation(before: string, check: () => void): void {
  try {
    check();
  } catch (cause) {
    if (cause instanceof ConfigurationError) throw new ValidationError(before + cause.message, { cause });
    throw cause;
  }
}
