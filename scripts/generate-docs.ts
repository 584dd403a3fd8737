/**
 * Keeps README.md and docs/ in step with action.yml, src, policies and infra: `node scripts/generate-docs.ts` fills their marked blocks,
 * and writes the files of policies/, infra/cloudformation.yml and pr-database-ghes.yml. `--check` only says what differs. What both of them refuse: an input or output without
 * a description, or a failure title without an explanation.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { PARAMETERS, renderStack } from '../infra/stack.ts'
import { DOCUMENTS, PLACEHOLDERS, ROLES, renderPolicy } from '../policies/documents.ts'
import { INPUTS, MODES } from '../src/contract.ts'
import { FAILURES } from '../src/failure.ts'
import type { CloneReport } from '../src/outcome.ts'
import { renderComment } from '../src/report/clone-markdown.ts'
import { serverWorkflow } from './server-workflow.ts'

const ROOT = join(import.meta.dirname, '..')
const CONTRACT: Readonly<Partial<Record<string, { readonly modes: readonly string[] }>>> = INPUTS

export interface ActionFile {
  readonly inputs: Readonly<Record<string, Partial<ActionInput>>>
  readonly outputs: Readonly<Record<string, { readonly description?: string }>>
}

interface ActionInput {
  readonly description: string
  readonly required: boolean
  readonly default: string
}

export interface DocumentedFiles {
  readonly action: ActionFile
  /** Files of examples/, by name. */
  readonly examples: Readonly<Record<string, string>>
}

export interface Documentation {
  readonly readme: string
  /** What only a person can put right. */
  readonly problems: readonly string[]
}

/** The README with its blocks filled, and what is missing. Pure. */
export function document(readme: string, { action, examples }: DocumentedFiles): Documentation {
  const troubleshooting = blockOf(readme, 'troubleshooting')
  const blocks = {
    'pull-request': pasted(examples['pull-request.yml']),
    sweep: pasted(examples['sweep.yml']),
    comment: exampleComment(),
    roles: rolesTable(),
    trust: pastedPolicy('trust-called.json'),
    permissions: pastedPolicy('pull-requests.json'),
    inputs: inputsTable(action),
    outputs: outputsTable(action),
    troubleshooting: troubleshootingTable(troubleshooting),
  }
  return {
    readme: fillAll(readme, blocks),
    problems: [
      ...undescribed('Input', action.inputs),
      ...undescribed('Output', action.outputs),
      ...troubleshootingProblems(troubleshooting),
    ],
  }
}

/** The pages of docs/ that have blocks, by name, with their blocks filled. Pure. */
export function documentPages(read: (name: string) => string): Readonly<Record<string, string>> {
  return {
    'docs/role.md': fillAll(read('docs/role.md'), { parameters: parametersTable() }),
    'docs/role-by-hand.md': fillAll(read('docs/role-by-hand.md'), { placeholders: placeholdersTable() }),
  }
}

const EXAMPLE: CloneReport = {
  state: 'ready',
  standing: 'cluster available, writer available',
  identifier: 'clone-pr-42-orders-99d09ed70c2de0d8',
  identityHash: '99d09ed70c2de0d8',
  key: 'pr-42',
  pullRequest: 42,
  hasBeenReady: true,
  isQuarantined: false,
  sanitised: undefined,
  sanitising: undefined,
  former: undefined,
  resetProblem: undefined,
  hasLabel: true,
  name: '',
  arn: 'arn:aws:rds:eu-west-1:111122223333:cluster:clone-pr-42-orders-99d09ed70c2de0d8',
  resourceId: 'cluster-ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  instanceIdentifier: 'clone-pr-42-orders-99d09ed70c2de0d8-1',
  region: 'eu-west-1',
  endpoint: 'clone-pr-42-orders-99d09ed70c2de0d8.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
  readerEndpoint: undefined,
  port: 5432,
  engine: 'aurora-postgresql',
  engineVersion: '16.6',
  lifecycleSupport: 'open-source-rds-extended-support-disabled',
  instanceClass: 'db.serverless',
  capacity: { min: 0, max: 4 },
  pausing: { kind: 'pauses', afterSeconds: 300 },
  storageType: 'aurora',
  encryption: 'sse-kms',
  databaseName: 'orders',
  masterUsername: 'app',
  secretArn: undefined,
  source: 'orders-anonymised',
  expiresAt: '2026-11-28T07:30:12.000Z',
  heldUntilMs: undefined,
  dataAsOf: '2026-11-21T07:30:12.000Z',
}

/** An example, to be pasted: without the comment at its head, which the text around it replaces. */
function pasted(example = ''): string {
  return `\`\`\`yaml\n${example.replace(/^(?:#.*\n)+/, '').trim()}\n\`\`\``
}

/** The comment as the code renders it, as a quotation and without room for columns of its own. */
function exampleComment(): string {
  const runUrl = 'https://github.com/org/orders/actions/runs/1'
  return renderComment(EXAMPLE, { details: 'full', runUrl })
    .split('\n')
    .map((line) => `> ${line}`.trimEnd())
    .join('\n')
}

function rolesTable(): string {
  const file = (name: string): string => `[${name}](policies/${name})`
  return table(
    ['Role', 'Used for', 'It may', 'Trust policy', 'Permissions'],
    ROLES.map(({ name, runs, may, trust, permissions, preparation }) => [
      code(name),
      runs,
      may,
      trust.map(file).join(' or '),
      [permissions, ...(preparation === undefined ? [] : [preparation])].map(file).join(', '),
    ]),
  )
}

function pastedPolicy(name: keyof typeof DOCUMENTS): string {
  const document = DOCUMENTS[name]
  if (document === undefined) throw new Error(`There is no policies/${name}.`)
  return `\`\`\`json\n${renderPolicy(document)}\`\`\``
}

function placeholdersTable(): string {
  return table(
    ['Word', 'Stands for'],
    Object.entries(PLACEHOLDERS).map(([word, meaning]) => [code(word), meaning]),
  )
}

function parametersTable(): string {
  return table(
    ['Parameter', 'Default', 'Description'],
    Object.entries(PARAMETERS).map(([name, { Default, Description, AllowedValues }]) => [
      code(name),
      Default === undefined ? '**required**' : Default === '' ? '' : code(Default),
      cell(
        `${Description}.${AllowedValues === undefined ? '' : ` ${AllowedValues.map(code).join(' or ')}.`}`,
      ),
    ]),
  )
}

function inputsTable({ inputs }: ActionFile): string {
  const rows = Object.entries(inputs).map(([name, input]) => {
    const { modes = [] } = CONTRACT[name] ?? {}
    const read = modes.length === MODES.length ? 'all' : modes.map(code).join(', ')
    const fallback =
      input.default === undefined ? (input.required === true ? '**required**' : '') : code(input.default)
    return [code(name), read, fallback, cell(input.description ?? '')]
  })
  return table(['Input', 'Modes', 'Default', 'Description'], rows)
}

function outputsTable({ outputs }: ActionFile): string {
  return table(
    ['Output', 'Description'],
    Object.entries(outputs).map(([name, { description = '' }]) => [code(name), cell(description)]),
  )
}

const FAILURE_TITLES: readonly string[] = Object.keys(FAILURES)

/** The explanations that are there, in the order of FAILURES, with an empty row for each that is not. */
function troubleshootingTable(present: string): string {
  const rows = rowsOf(present)
  const known = FAILURE_TITLES.map((title) => rows.find(([first]) => first === title) ?? [title, '', ''])
  const unknown = rows.filter(([first]) => !isTitle(first ?? ''))
  return table(['Title', 'What it means', 'What to do'], [...known, ...unknown])
}

function troubleshootingProblems(present: string): readonly string[] {
  const rows = rowsOf(present)
  const incomplete = FAILURE_TITLES.filter((title) => {
    const row = rows.find(([first]) => first === title)
    return row?.length !== 3 || row.includes('')
  })
  return [
    ...incomplete.map((title) => `Troubleshooting does not explain "${title}".`),
    ...rows
      .filter(([first]) => !isTitle(first ?? ''))
      .map(([first]) => `Troubleshooting explains "${first ?? ''}", which is no title in src/failure.ts.`),
  ]
}

function isTitle(text: string): boolean {
  return FAILURE_TITLES.includes(text)
}

function undescribed(
  kind: string,
  entries: Readonly<Record<string, { readonly description?: string }>>,
): readonly string[] {
  return Object.entries(entries)
    .filter(([, { description = '' }]) => description.trim() === '')
    .map(([name]) => `${kind} ${name} has no description in action.yml.`)
}

/** The cells of a Markdown table, without its head. */
export function rowsOf(markdown: string): readonly (readonly string[])[] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .replace(/^\||\|$/g, '')
        .split(/(?<!\\)\|/)
        .map((text) => text.trim()),
    )
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function cell(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').trim()
}

function code(text: string): string {
  return `\`${text}\``
}

/** What stands between the marks of a block. Prettier leaves blocks alone: aligning their columns would make lines of 600. */
export function blockOf(readme: string, name: string): string {
  return blockParts(readme, name)[1]
}

function fillAll(page: string, blocks: Readonly<Record<string, string>>): string {
  return Object.entries(blocks).reduce((filled, [name, text]) => fill(filled, name, text), page)
}

function fill(readme: string, name: string, text: string): string {
  const [before, , after] = blockParts(readme, name)
  return `${before}\n\n${text}\n\n${after}`
}

function blockParts(readme: string, name: string): readonly [before: string, block: string, after: string] {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`]
  const [from, to] = [readme.indexOf(start) + start.length, readme.indexOf(end)]
  if (from < start.length || to < from) throw new Error(`There is no block ${start} … ${end}.`)
  return [readme.slice(0, from), readme.slice(from, to).trim(), readme.slice(to)]
}

export function readExamples(): Readonly<Record<string, string>> {
  const directory = join(ROOT, 'examples')
  return Object.fromEntries(
    readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')]),
  )
}

function main(): void {
  const isCheck = process.argv.includes('--check')
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as ActionFile
  const { readme: filled, problems } = document(readme, { action, examples: readExamples() })
  const files = {
    'README.md': filled,
    ...documentPages((name) => readFileSync(join(ROOT, name), 'utf8')),
    ...policyFiles(),
    'infra/cloudformation.yml': renderStack(),
    ...serverFiles(),
  }
  const failures = [...problems]
  for (const [name, text] of Object.entries(files)) {
    const path = join(ROOT, name)
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
    if (isCheck) failures.push(`${name} is not up to date. Run: npm run docs`)
    else writeFileSync(path, text)
  }
  for (const failure of failures) console.error(failure)
  if (failures.length > 0) process.exitCode = 1
}

function policyFiles(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(DOCUMENTS).map(([name, policy]) => [`policies/${name}`, renderPolicy(policy)]),
  )
}

function serverFiles(): Readonly<Record<string, string>> {
  const workflows = '.github/workflows'
  const source = readFileSync(join(ROOT, workflows, 'pr-database.yml'), 'utf8')
  return { [`${workflows}/pr-database-ghes.yml`]: serverWorkflow(source) }
}

if (import.meta.main) main()
