/**
 * How IAM judges one permission by the policies of a role: denied by any statement that denies, allowed by one that allows, else
 * denied (IAM user guide, reference_policies_evaluation-logic). It knows the elements and operators that the roles of this
 * repository use. Whatever else a policy says is an error: it would be judged wrongly.
 */
export interface PolicyDocument {
  readonly Version: string
  readonly Statement: readonly Statement[]
}

type Words = string | readonly string[]

interface Statement {
  readonly Sid?: string
  readonly Effect: string
  readonly Principal?: { readonly Federated: string }
  readonly Action?: Words
  readonly NotAction?: Words
  readonly Resource?: Words
  readonly NotResource?: Words
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, Words>>>>
}

/** Condition keys of a request. A key that is not there was not sent, or does not belong to the resource. */
export type Context = Readonly<Record<string, Words>>

export interface AccessRequest {
  readonly action: string
  readonly resource: string
  readonly context: Context
  /** Of a trust policy: the provider that signed the token. */
  readonly principal?: string
}

export type Verdict = 'allowed' | 'explicit-deny' | 'implicit-deny'

export function judge(policies: readonly PolicyDocument[], request: AccessRequest): Verdict {
  const statements = policies.flatMap(statementsOf)
  const matching = statements.filter((statement) => matches(statement, request))
  if (matching.some(({ Effect }) => Effect === 'Deny')) return 'explicit-deny'
  return matching.length > 0 ? 'allowed' : 'implicit-deny'
}

const ELEMENTS: readonly string[] = [
  'Sid',
  'Effect',
  'Principal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]

function statementsOf({ Version, Statement: statements }: PolicyDocument): readonly Statement[] {
  // Variables need this version (IAM user guide, reference_policies_elements_version).
  if (Version !== '2012-10-17') throw new Error(`Policies of version ${Version} are not known here.`)
  for (const statement of statements) {
    const unknown = Object.keys(statement).find((element) => !ELEMENTS.includes(element))
    if (unknown !== undefined) throw new Error(`The policy element ${unknown} is not known here.`)
    if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny')
      throw new Error(`The effect ${statement.Effect} is not known here.`)
  }
  return statements
}

function matches(statement: Statement, { action, resource, context, principal }: AccessRequest): boolean {
  const { Principal, Action, NotAction, Resource, NotResource, Condition = {} } = statement
  return (
    Principal?.Federated === principal &&
    isMeant({ these: Action, allBut: NotAction }, (pattern) =>
      isLike(action.toLowerCase(), pattern.toLowerCase()),
    ) &&
    // A trust policy belongs to its role and names no resource.
    (Principal !== undefined ||
      isMeant({ these: Resource, allBut: NotResource }, (pattern) => isLike(resource, pattern))) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, words]) => holds(operator, { key, words: list(words), context })),
    )
  )
}

interface Range {
  readonly these: Words | undefined
  readonly allBut: Words | undefined
}

function isMeant({ these, allBut }: Range, fits: (pattern: string) => boolean): boolean {
  if ((these === undefined) === (allBut === undefined))
    throw new Error('A statement has either an element or its Not form.')
  return these === undefined ? !list(allBut ?? []).some(fits) : list(these).some(fits)
}

interface Test {
  readonly key: string
  readonly words: readonly string[]
  readonly context: Context
}

const IF_EXISTS = 'IfExists'

function holds(operator: string, test: Test): boolean {
  const { key, words, context } = test
  const found = valueOf(context, key)
  if (operator.endsWith(IF_EXISTS))
    return found === undefined || holds(operator.slice(0, -IF_EXISTS.length), test)
  const expected = words.map((word) => withVariables(word, context))
  switch (operator) {
    case 'StringEquals':
      return typeof found === 'string' && expected.includes(found)
    case 'StringLike':
      return typeof found === 'string' && words.some((word) => isLike(found, withoutVariables(word)))
    case 'Bool':
      return typeof found === 'string' && expected.includes(found.toLowerCase())
    case 'Null':
      return String(found === undefined) === words[0]
    case 'ForAllValues:StringEquals':
      return list(found ?? []).every((value) => expected.includes(value))
    default:
      throw new Error(`The condition operator ${operator} is not known here.`)
  }
}

/** Names of condition keys are not case-sensitive, their values are (IAM user guide, reference_policies_elements_condition). */
function valueOf(context: Context, key: string): Words | undefined {
  return Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1]
}

/** `undefined`: the variable has no value in this request, and equals nothing. */
function withVariables(word: string, context: Context): string | undefined {
  if (!word.includes('${')) return word
  const name = /^\$\{(?<name>[a-z0-9-]+:[^${},*?]+)\}$/i.exec(word)?.groups?.['name']
  if (name === undefined) throw new Error(`The policy variable in ${word} is not known here.`)
  const value = valueOf(context, name)
  return typeof value === 'string' ? value : undefined
}

/** The value of a variable is taken as it is, also where it has a `*`: patterns have no variables here. */
function withoutVariables(word: string): string {
  if (word.includes('${')) throw new Error(`The policy variable in ${word} is not known here.`)
  return word
}

function isLike(text: string, pattern: string): boolean {
  const wild = pattern.search(/[*?]/)
  if (wild === -1) return text === pattern
  if (wild === pattern.length - 1 && pattern.endsWith('*')) return text.startsWith(pattern.slice(0, wild))
  const source = pattern
    .replaceAll(/[\\^$.|+()[\]{}]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's').test(text)
}

function list(words: Words): readonly string[] {
  return typeof words === 'string' ? [words] : words
}
