import { CLAUDE_PROPERTY_NAME } from '../schemas/object-schema.js';
import { type SchemaSize } from './schema-size.js';

/** Which schemas a vendor enforces by a grammar; the others it refuses there, though a model may follow them. */
export interface SchemaDialect {
  keywords: ReadonlySet<string>;
  formats: ReadonlySet<string>;
  /** The largest `minItems`. */
  maxMinItems: number;
  /** What the names of properties have to match. */
  propertyName: RegExp;
  /** Whether all properties of an object must be required. */
  isComplete: boolean;
  /** Whether a schema may refer to itself. */
  isRecursive: boolean;
  /** Whether the objects of a choice must differ by their first properties. */
  hasDistinctChoices: boolean;
  limits: Partial<SchemaSize>;
}

// `pattern` is missing: no vendor says to the letter which regular expressions it takes.
const common = words(`$schema $defs $ref title description type const enum anyOf items minItems format
  properties required additionalProperties`);
const formats = words('date-time time date duration email hostname ipv4 ipv6 uuid');

/**
 * OpenAI's strict mode. Source: OpenAI, Structured Outputs, "Supported schemas" (developers.openai.com, 2026-08), with
 * the limits of July 2025; further restrictions were found by its errors.
 */
export const openaiStrict: SchemaDialect = {
  keywords: new Set([...common, ...words('minimum maximum exclusiveMinimum exclusiveMaximum multipleOf maxItems')]),
  formats: new Set(formats),
  maxMinItems: Infinity,
  propertyName: /^[^]*$/,
  isComplete: true,
  isRecursive: true,
  hasDistinctChoices: true,
  limits: { properties: 5_000, levels: 10, textLength: 120_000, enumValues: 1_000, largeEnumText: 15_000 },
};

/**
 * `output_config.format` of the Messages API, which all models of the catalogue know. Source: Anthropic, Structured
 * outputs, "JSON Schema limitations" and "Schema complexity limits" (platform.claude.com, 2026-09); property names by
 * the rule for the input of tools.
 */
export const claudeOutput: SchemaDialect = {
  keywords: new Set([...common, 'default']),
  formats: new Set([...formats, 'uri']),
  maxMinItems: 1,
  propertyName: CLAUDE_PROPERTY_NAME,
  isComplete: false,
  isRecursive: false,
  hasDistinctChoices: false,
  limits: { optionalProperties: 24, unions: 16 },
};

function words(text: string): string[] {
  return text.split(/\s+/);
}
