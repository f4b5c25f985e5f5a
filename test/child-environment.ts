/**
 * The environment of a program that a test runs: without the options of Jest's own Node, and without FORCE_COLOR, which
 * Jest sets for its workers in a coloured terminal, and which lets Node and others colour what they print into a pipe.
 */
export function childEnvironment(variables: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, FORCE_COLOR: _color, ...others } = process.env;
  return { ...others, ...variables };
}
