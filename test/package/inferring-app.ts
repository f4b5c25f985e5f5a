import ts from 'typescript';

/**
 * The source of a module that uses all of a package's entry and leaves the types of what comes back to TypeScript.
 * @param specifier by which the module imports the entry
 * @param declarations the file with the entry's types
 * @param program a program that contains that file
 */
export function inferringModule(specifier: string, declarations: string, program: ts.Program): string {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(declarations);
  const entry = source && checker.getSymbolAtLocation(source);
  if (entry === undefined) throw new Error(`${declarations} is no module.`);
  const uses = checker.getExportsOfModule(entry).flatMap((exported) => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    return [...usesOfValue(exported.name, symbol), ...usesOfMembers(exported.name, symbol, checker)];
  });
  const exports = uses.map((use, index) => `export const use${index} = ${use};`);
  return [`import * as entry from '${specifier}';`, ...exports].join('\n');
}

function usesOfValue(name: string, { flags }: ts.Symbol): string[] {
  if (flags & ts.SymbolFlags.Function)
    return [`(...given: Parameters<typeof entry.${name}>) => entry.${name}(...given)`];
  return flags & ts.SymbolFlags.Variable ? [`() => entry.${name}`] : [];
}

/** What every instance has: each overload of a method, and each property. */
function usesOfMembers(name: string, symbol: ts.Symbol, checker: ts.TypeChecker): string[] {
  if (!(symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface))) return [];
  const type = `entry.${name}${typeArguments(symbol)}`;
  return checker
    .getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol))
    .filter(isPublic)
    .flatMap((member) => {
      const use = `(it: ${type}) => it[${JSON.stringify(member.name)}]`;
      if (!(member.flags & ts.SymbolFlags.Method)) return [use];
      const overloads = checker.getSignaturesOfType(checker.getTypeOfSymbol(member), ts.SignatureKind.Call);
      return overloads.map(({ parameters }) => `${use}!(${parameters.map(() => 'null as any').join(', ')})`);
    });
}

/** `any` for each type parameter that has no default. */
function typeArguments({ declarations = [] }: ts.Symbol): string {
  const [declaration] = declarations as (ts.ClassDeclaration | ts.InterfaceDeclaration)[];
  const needed = declaration?.typeParameters?.filter((parameter) => parameter.default === undefined) ?? [];
  return needed.length > 0 ? `<${needed.map(() => 'any').join(', ')}>` : '';
}

function isPublic({ name, declarations: [declaration] = [] }: ts.Symbol): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return !/^(#|__)/.test(name) && (!declaration || (ts.getCombinedModifierFlags(declaration) & hidden) === 0);
}
