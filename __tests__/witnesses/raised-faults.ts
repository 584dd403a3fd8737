import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const FOLDER = join(import.meta.dirname, '..', '..', 'local', 'aurora')

/** What the code of the local cloud can refuse with. */
export interface RaisedFaults {
  /** By operation: the names of the model's errors. */
  readonly byOperation: ReadonlyMap<string, ReadonlySet<string>>
  /** Codes that are written out, because no model has them. */
  readonly plainCodes: ReadonlySet<string>
}

/**
 * Reads the sources: an operation can raise what is named in its function or in any that can be reached from there. That is
 * rather too much than too little, and needs nobody to bring every refusal about.
 */
export function raisedFaults(faultNames: ReadonlySet<string>): RaisedFaults {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(FOLDER, name))
  // What the files import from elsewhere has no operation in it.
  const options = { noResolve: true, noLib: true, types: [], allowImportingTsExtensions: true, noEmit: true }
  const program = ts.createProgram({
    rootNames: files,
    options: {
      ...options,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
    },
  })
  const reader = new SourceReader(program.getTypeChecker(), faultNames)
  const operations = operationFunctions(program.getSourceFile(join(FOLDER, 'operations.ts')))
  return {
    byOperation: new Map(
      operations.map(({ name, initializer }) => [name, reader.faultsFrom(initializer)] as const),
    ),
    plainCodes: new Set(files.flatMap((file) => plainCodes(program.getSourceFile(file)))),
  }
}

interface OperationFunction {
  readonly name: string
  readonly initializer: ts.Expression
}

/** The entries of RDS_OPERATIONS. */
function operationFunctions(source: ts.SourceFile | undefined): readonly OperationFunction[] {
  const found: OperationFunction[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.name.text === 'RDS_OPERATIONS') {
      const properties: ts.Node[] = []
      node.initializer?.forEachChild((child) => {
        if (ts.isObjectLiteralExpression(child)) properties.push(...child.properties)
      })
      for (const property of properties) {
        if (ts.isPropertyAssignment(property) && ts.isIdentifier(property.name))
          found.push({ name: property.name.text, initializer: property.initializer })
      }
    }
    node.forEachChild(visit)
  }
  source?.forEachChild(visit)
  return found
}

class SourceReader {
  readonly #checker: ts.TypeChecker
  readonly #faultNames: ReadonlySet<string>

  constructor(checker: ts.TypeChecker, faultNames: ReadonlySet<string>) {
    this.#checker = checker
    this.#faultNames = faultNames
  }

  faultsFrom(start: ts.Node): ReadonlySet<string> {
    const faults = new Set<string>()
    const seen = new Set<ts.Node>()
    const visit = (node: ts.Node): void => {
      if (ts.isTypeNode(node)) return
      if (ts.isStringLiteral(node) && this.#faultNames.has(node.text)) faults.add(node.text)
      if (ts.isIdentifier(node)) {
        for (const declaration of this.#declarationsOf(node)) {
          if (seen.has(declaration)) continue
          seen.add(declaration)
          visit(declaration)
        }
      }
      node.forEachChild(visit)
    }
    visit(start)
    return faults
  }

  /** Functions, constants and classes of the local cloud, through imports. */
  #declarationsOf(identifier: ts.Identifier): readonly ts.Node[] {
    const symbol = this.#checker.getSymbolAtLocation(identifier)
    const isAlias = symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0
    const target = isAlias ? this.#checker.getAliasedSymbol(symbol) : symbol
    return (target?.declarations ?? []).filter(
      (node) =>
        ts.isFunctionDeclaration(node) || ts.isVariableDeclaration(node) || ts.isClassDeclaration(node),
    )
  }
}

/** `code: 'InvalidParameterValue'`, wherever it stands. */
function plainCodes(source: ts.SourceFile | undefined): readonly string[] {
  const codes: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && ts.isIdentifier(node.name) && node.name.text === 'code') {
      if (ts.isStringLiteral(node.initializer)) codes.push(node.initializer.text)
    }
    node.forEachChild(visit)
  }
  source?.forEachChild(visit)
  return codes
}
