/** Words that make a comment hard to read, with what to write. */
const words = [
  [/\b(?:nobody|somebody|whoever|whom)\b/i, 'say who or what it is'],
  [/\bof which\b/i, 'write a second sentence'],
  [/\bin place of\b/i, 'write "instead of"'],
  [/\bbut for\b/i, 'write "except"'],
  [/\banew\b/i, 'write "again"'],
  [/\bgoes on\b/i, 'write "continues"'],
  [/\bis told\b/i, 'write "receives" or "states"'],
  [/\bis none\b/i, 'write "is not"'],
];

/** The name of an account of Unix, for one, may be quoted. */
const quoted = /`[^`]*`/g;

const superlative = /^(?:MOST|LONGEST|SHORTEST|LARGEST|SMALLEST|DEEPEST|longest|shortest|largest|smallest)/;

function isPrimitive({ type, operator, argument, left, right, regex }) {
  if (type === 'Literal') return regex === undefined;
  if (type === 'UnaryExpression') return operator === '-' && isPrimitive(argument);
  return type === 'BinaryExpression' && isPrimitive(left) && isPrimitive(right);
}

/** Comments are in plain English; constants of a module that are numbers or texts are in capitals, bounds MAX_ or MIN_. */
export const plainLanguage = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: {
      word: 'Plain English: "{{word}}" makes this hard to read; {{advice}}.',
      bound: 'A bound is named MAX_… or MIN_….',
      capitals: 'A constant that is a number or a text is named in capitals.',
    },
  },
  create(context) {
    return {
      Program(program) {
        for (const comment of context.sourceCode.getAllComments()) {
          const text = comment.value.replaceAll(quoted, '').replaceAll(/\s+\*?\s*/g, ' ');
          for (const [pattern, advice] of words) {
            const [word] = pattern.exec(text) ?? [];
            if (word !== undefined) context.report({ loc: comment.loc, messageId: 'word', data: { word, advice } });
          }
        }
        for (const statement of program.body) {
          const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
          if (declaration?.type !== 'VariableDeclaration' || declaration.kind !== 'const') continue;
          for (const { id, init } of declaration.declarations) {
            if (id.type !== 'Identifier' || !init || !isPrimitive(init)) continue;
            if (superlative.test(id.name)) context.report({ node: id, messageId: 'bound' });
            else if (!/^_?[A-Z][A-Z\d_]*$/.test(id.name)) context.report({ node: id, messageId: 'capitals' });
          }
        }
      },
    };
  },
};
