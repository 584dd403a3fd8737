import { data, Evaluator, Lexer, Parser } from '@actions/expressions'
import type { FunctionDefinition } from '@actions/expressions/funcs/info'
import type { MappingToken, TemplateToken } from '@actions/workflow-parser/templates/tokens/index'
import {
  isBasicExpression,
  isBoolean,
  isMapping,
  isNumber,
  isSequence,
  isString,
} from '@actions/workflow-parser/templates/tokens/type-guards'
import { falsy } from '@actions/expressions/result'
import type { Json, JsonObject } from '../github/representation.ts'

/** What `success()`, `failure()` and `cancelled()` answer. */
export interface Status {
  readonly success: boolean
  readonly failure: boolean
  readonly cancelled: boolean
}

/** What an expression can see. A context that is not there is null, as on GitHub; where each may be used, the parser checks. */
export interface Scope {
  readonly contexts: JsonObject
  readonly status?: Status
}

const CONTEXTS = [
  'github',
  'env',
  'vars',
  'secrets',
  'inputs',
  'needs',
  'steps',
  'matrix',
  'job',
  'jobs',
  'runner',
  'strategy',
] as const

const STATUS_FUNCTIONS = ['always', 'success', 'failure', 'cancelled'].map((name) => ({
  name,
  minArgs: 0,
  maxArgs: 0,
}))

/** The value of anything in a workflow, with every expression in it evaluated. */
export function evaluate(token: TemplateToken, scope: Scope): Json {
  return toJson(evaluateToken(token, scope))
}

/** The same as text: null is empty, `true` is "true". */
export function evaluateText(token: TemplateToken, scope: Scope): string {
  return evaluateToken(token, scope).coerceString()
}

export function evaluateTexts(mapping: MappingToken | undefined, scope: Scope): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const { key, value } of mapping ?? []) texts[key.toString()] = evaluateText(value, scope)
  return texts
}

/** An `if`: any value counts, as truthy or not. */
export function holds(condition: string, scope: Scope): boolean {
  return !falsy(evaluateExpression(condition, scope))
}

function evaluateToken(token: TemplateToken, scope: Scope): data.ExpressionData {
  if (isBasicExpression(token)) return evaluateExpression(token.expression, scope)
  if (isString(token) || isNumber(token) || isBoolean(token)) return toData(token.value)
  if (isSequence(token)) return new data.Array(...[...token].map((item) => evaluateToken(item, scope)))
  if (isMapping(token)) {
    const pairs = [...token].map(({ key, value }) => ({
      key: key.toString(),
      value: evaluateToken(value, scope),
    }))
    return new data.Dictionary(...pairs)
  }
  return new data.Null()
}

function evaluateExpression(expression: string, { contexts, status }: Scope): data.ExpressionData {
  const { tokens } = new Lexer(expression).lex()
  const tree = new Parser(tokens, [...CONTEXTS], STATUS_FUNCTIONS).parse()
  // Only what it names: the payload of an event is long.
  const named = new Set(tokens.map(({ lexeme }) => lexeme.toLowerCase()))
  const values = CONTEXTS.filter((key) => named.has(key)).map((key) => ({
    key,
    value: toData(contexts[key] ?? null),
  }))
  return new Evaluator(tree, new data.Dictionary(...values), statusFunctions(status)).evaluate()
}

function statusFunctions(status: Status | undefined): Map<string, FunctionDefinition> {
  const answers = { always: true, ...(status ?? { success: true, failure: false, cancelled: false }) }
  return new Map(
    Object.entries(answers).map(([name, answer]) => [
      name,
      { name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(answer) },
    ]),
  )
}

function toData(value: Json): data.ExpressionData {
  return JSON.parse(JSON.stringify(value), data.reviver) as data.ExpressionData
}

function toJson(value: data.ExpressionData): Json {
  return JSON.parse(JSON.stringify(value, data.replacer)) as Json
}
