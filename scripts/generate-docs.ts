/**
 * Keeps README.md and docs/ in step with action.yml, src, policies and infra: `node scripts/generate-docs.ts` fills their marked blocks,
 * writes the files of policies/, infra/cloudformation.yml and pr-database-ghes.yml, and puts the publisher that package.json names
 * wherever it stands. `--check` only says what differs. What both of
 * them refuse: an input or output without a description, or a failure title without an explanation.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { parse } from 'yaml'
import { PARAMETERS, renderStack } from '../infra/stack.ts'
import manifest from '../package.json' with { type: 'json' }
import { DOCUMENTS, PLACEHOLDERS, ROLES, renderPolicy } from '../policies/documents.ts'
import type { PolicyDocument } from '../policies/policy-document.ts'
import { INPUTS, MODES } from '../src/contract.ts'
import { FAILURES } from '../src/failure.ts'
import { namedPublisher, pagePublishedBy, publishedBy } from './publisher.ts'
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
  /** A page as it is now. */
  readonly read: (page: string) => string
}

export interface Documentation {
  /** Those with blocks, by name. */
  readonly pages: Readonly<Record<string, string>>
  /** What only a person can put right. */
  readonly problems: readonly string[]
}

/** The pages with their blocks filled, and what is missing. Pure. */
export function documentation({ action, examples, read }: DocumentedFiles): Documentation {
  const troubleshooting = blockOf(read('docs/troubleshooting.md'), 'troubleshooting')
  const blocks: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'README.md': { 'pull-request': pasted(examples['pull-request.yml']) },
    'docs/inputs.md': { inputs: inputsTable(action), outputs: outputsTable(action) },
    'docs/permissions.md': {
      roles: rolesTable(),
      trust: trustTable(documentOf('trust-called.json')),
      permissions: statementsTable(documentOf('pull-requests.json')),
    },
    'docs/role.md': { parameters: parametersTable() },
    'docs/role-by-hand.md': { placeholders: placeholdersTable() },
    'docs/sweep.md': { sweep: pasted(examples['sweep.yml']) },
    'docs/troubleshooting.md': { troubleshooting: troubleshootingTable(troubleshooting) },
  }
  return {
    pages: Object.fromEntries(
      Object.entries(blocks).map(([page, texts]) => [page, fillAll(read(page), texts)]),
    ),
    problems: [
      ...undescribed('Input', action.inputs),
      ...undescribed('Output', action.outputs),
      ...troubleshootingProblems(troubleshooting),
    ],
  }
}

/** An example, to be pasted: without the comment at its head, which the text around it replaces. */
function pasted(example = ''): string {
  return `\`\`\`yaml\n${example.replace(/^(?:#.*\n)+/, '').trim()}\n\`\`\``
}

function rolesTable(): string {
  const file = (name: string): string => `[${name}](../policies/${name})`
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

/** What a token must have: each key with the values of which one is enough. */
function trustTable({ Statement }: PolicyDocument): string {
  const conditions = Statement.flatMap(({ Condition = {} }) => Object.values(Condition))
  return table(
    ['Claim', 'Values, of which one is enough'],
    conditions
      .flatMap((keys) => Object.entries(keys))
      .map(([key, values]) => [code(key.replace(/^.*:/, '')), [values].flat().map(code).join(', ')]),
  )
}

/** What each statement allows or denies; where, and under which conditions, is in the file. */
function statementsTable({ Statement }: PolicyDocument): string {
  return table(
    ['Statement', 'Effect', 'Calls'],
    Statement.map(({ Sid, Effect, Action, NotAction = [] }) => [
      code(Sid),
      Effect,
      Action === undefined ? `all but ${NotAction.map(code).join(', ')}` : Action.map(code).join(', '),
    ]),
  )
}

function documentOf(name: string): PolicyDocument {
  const document = DOCUMENTS[name]
  if (document === undefined) throw new Error(`There is no policies/${name}.`)
  return document
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
export function blockOf(page: string, name: string): string {
  return blockParts(page, name)[1]
}

function fillAll(page: string, blocks: Readonly<Record<string, string>>): string {
  return Object.entries(blocks).reduce((filled, [name, text]) => fill(filled, name, text), page)
}

function fill(page: string, name: string, text: string): string {
  const [before, , after] = blockParts(page, name)
  return `${before}\n\n${text}\n\n${after}`
}

function blockParts(page: string, name: string): readonly [before: string, block: string, after: string] {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`]
  const [from, to] = [page.indexOf(start) + start.length, page.indexOf(end)]
  if (from < start.length || to < from) throw new Error(`There is no block ${start} … ${end}.`)
  return [page.slice(0, from), page.slice(from, to).trim(), page.slice(to)]
}

export function readExamples(): Readonly<Record<string, string>> {
  const directory = join(ROOT, 'examples')
  return Object.fromEntries(
    readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')]),
  )
}

/** Where the publisher stands in text that is written by hand. */
const NAMES_PUBLISHER = [
  /^(?:README|SECURITY|CONTRIBUTING)\.md$/,
  /^(?:action|zizmor)\.yml$/,
  /^docs\/(?!adr\/).*\.md$/,
  /^(?:examples|\.github\/workflows)\/[^/]+\.yml$/,
  /^\.github\/CODEOWNERS$/,
  /^infra\/terraform\/[^/]+\.tf$/,
]

/** Those files with the publisher that package.json names. */
function publishedFiles(): Readonly<Record<string, string>> {
  const { repository, version } = manifest
  const load = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
  const former = namedPublisher(load('examples/pull-request.yml'), load('README.md'))
  const folders = ['.', '.github', '.github/workflows', 'docs', 'examples', 'infra/terraform']
  const paths = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder)).map((name) => posix.join(folder, name)),
  )
  return Object.fromEntries(
    paths
      .filter((path) => NAMES_PUBLISHER.some((pattern) => pattern.test(path)))
      .map((path) => {
        const publish = path.endsWith('.md') ? pagePublishedBy : publishedBy
        return [path, publish(load(path), former, { repository, version })]
      }),
  )
}

function main(): void {
  const isCheck = process.argv.includes('--check')
  const published = publishedFiles()
  const read = (path: string): string => published[path] ?? readFileSync(join(ROOT, path), 'utf8')
  const examples = Object.fromEntries(
    Object.keys(readExamples()).map((name) => [name, read(`examples/${name}`)]),
  )
  const action = parse(read('action.yml')) as ActionFile
  const { pages, problems } = documentation({ action, examples, read })
  const files = {
    ...published,
    ...pages,
    ...policyFiles(),
    'infra/cloudformation.yml': renderStack(),
    ...serverFiles(read('.github/workflows/pr-database.yml')),
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

function serverFiles(source: string): Readonly<Record<string, string>> {
  return { '.github/workflows/pr-database-ghes.yml': serverWorkflow(source) }
}

if (import.meta.main) main()
