import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { readOptions as readDemoOptions } from '../../local/demo/options.ts'
import { readOptions as readStepOptions } from '../../local/step/options.ts'
import { DOCUMENTS, PLACEHOLDERS, ROLES } from '../../policies/documents.ts'
import { OWN_REPOSITORY, OWN_TAG } from '../../policies/publisher.ts'
import { INPUTS, MODES, type Mode } from '../../src/contract.ts'
import { type CommandSpec, parseCommandLine } from '../runner-tools/command-line.ts'
import { ROOT, read } from './pages.ts'
import { type Call, documentedCalls } from './recorded-calls.ts'

const LABEL = /^clone-db$/
const NUMBER = /^\d+$/
const REPOSITORY_PATH = /^repos\/[\w-]+\/[\w-]+$/

/** The commands of gh that the pages use [GitHub CLI manual]. Values that other files know are compared with them. */
const GH: readonly CommandSpec[] = [
  { words: 'api', positionals: [REPOSITORY_PATH], values: { '--jq': /^"(?:[^"\\]|\\\(\.[\w.]+\))*"$/ } },
  {
    words: 'attestation verify',
    positionals: [/^dist\/index\.js$/],
    values: {
      '--repo': new RegExp(`^${OWN_REPOSITORY}$`),
      '--signer-workflow': new RegExp(`^${OWN_REPOSITORY}/\\.github/workflows/release\\.yml$`),
      '--source-digest': /^$/,
    },
  },
  { words: 'help environment' },
  { words: 'label create', positionals: [LABEL] },
  { words: 'label delete', positionals: [LABEL] },
  { words: 'pr edit', positionals: [NUMBER], values: { '--add-label': LABEL, '--remove-label': LABEL } },
  { words: 'pr list', values: { '--label': LABEL } },
  { words: 'workflow enable' },
  {
    words: 'workflow run',
    positionals: [/^database-sweep\.yml$/],
    values: { '--field': /^dry-run=(?:true|false)$/ },
  },
]

const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> }
const ci = read('.ci/run')
const demos = read('__tests__/local/demo.long.test.ts')

/** How a call of a page is run or judged here. What these programs do themselves is shown elsewhere, as the comments say. */
const RUNS: Readonly<Record<string, (call: Call) => void>> = {
  // __tests__/witnesses/infra.test.ts gives all of them to AWS's own client.
  aws: ({ args: [service = '', operation = ''] }) => {
    expect([service, operation]).toEqual([
      expect.stringMatching(/^[a-z2]+$/),
      expect.stringMatching(/^[a-z-]+$/),
    ])
  },
  gh: ({ args }) => {
    parseCommandLine(args, GH)
  },
  git: ({ args }) => {
    runInRepository(args)
  },
  npm: ({ args }) => {
    npmRuns(args)
  },
  // What it connects to is a clone: __tests__/local/database has real ones.
  psql: ({ args }) => {
    expect(args).toEqual(['--command', 'SELECT 1'])
  },
}

function npmRuns([command = '', script = '', separator, ...options]: readonly string[]): void {
  if (command === 'ci' || command === 'test') {
    expect(ci).toContain("bash -c 'npm ci && npm test'")
    return
  }
  expect([command, Object.keys(scripts)]).toEqual(['run', expect.arrayContaining([script])])
  if (separator === undefined) return
  expect(separator).toBe('--')
  // Whole demos run in __tests__/local/demo.long.test.ts, benches in bench.long.test.ts, steps in serve.long.test.ts beside it.
  if (script === 'demo') {
    readDemoOptions(options)
    const called = options.map((option) => `'${option}'`).join(', ')
    expect(
      [`startDemo([${called}])`, `startDemo([...FAST, ${called}])`].some((call) => demos.includes(call)),
    ).toBe(true)
  } else if (script === 'step' && !options.includes('--help')) {
    const { inputs } = readStepOptions(options)
    const mode = MODES.find((word) => word === (inputs['mode'] ?? 'auto'))
    for (const name of Object.keys(inputs)) {
      const contract: Readonly<Record<string, { readonly modes: readonly Mode[] }>> = INPUTS
      expect([name, contract[name]?.modes]).toEqual([name, expect.arrayContaining([mode])])
    }
  }
}

/** A clone of its own, with a remote beside it. */
function runInRepository(args: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'git-'))
  const git = (...words: readonly string[]): string =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.invalid', ...words], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    }).toString()
  try {
    git('init', '--quiet')
    writeFileSync(join(folder, 'a'), '')
    git('add', '.')
    git('commit', '--quiet', '--message', 'a')
    git('init', '--quiet', '--bare', 'remote')
    git('remote', 'add', 'origin', 'remote')
    if (args[0] === 'push') git('tag', OWN_TAG)
    git(...args)
    expect(git('rev-parse', 'HEAD')).toMatch(/^[0-9a-f]{40}\n$/)
    if (args[0] === 'push') expect(git('ls-remote', 'origin')).toContain(`refs/tags/${OWN_TAG}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const calls = documentedCalls()

test.each(calls.map((call) => ({ ...call, says: `${call.program} ${call.args.slice(0, 3).join(' ')}` })))(
  '$page: $says',
  (call) => {
    const run = RUNS[call.program]
    if (run === undefined) throw new Error(`nothing here knows ${call.program}`)
    run(call)
  },
)

describe('README.md', () => {
  const ofReadme = calls.filter(({ page }) => page === 'README.md')

  test('uses the label, the sweep and its input as the workflows have them', () => {
    const example = parse(read('examples/pull-request.yml')) as {
      readonly jobs: { readonly database: { readonly with: { readonly label: string } } }
    }
    expect(example.jobs.database.with.label).toMatch(LABEL)
    expect(read('README.md')).toContain('`.github/workflows/database-sweep.yml`')
    const sweep = parse(read('examples/sweep.yml')) as {
      readonly on: { readonly workflow_dispatch: { readonly inputs: Readonly<Record<string, unknown>> } }
    }
    expect(Object.keys(sweep.on.workflow_dispatch.inputs)).toContain('dry-run')
  })

  test('undoes what it has done, last of all the roles', () => {
    const words = ofReadme.map(({ program, args }) => [program, ...args.slice(0, 2)].join(' '))
    const order = [
      'aws cloudformation deploy',
      'gh label create',
      'gh workflow run',
      'aws rds describe-db-clusters',
      'aws cloudformation delete-stack',
    ]
    expect(words.filter((word) => order.includes(word))).toEqual(order)
    const stack = (operation: string): readonly string[] => {
      const { args = [] } = ofReadme.find(({ args: [, name] }) => name === operation) ?? {}
      return ['--region', '--stack-name'].map((option) => args[args.indexOf(option) + 1] ?? '')
    }
    expect(stack('delete-stack')).toEqual(stack('deploy'))
  })
})

describe('docs/role-by-hand.md', () => {
  const args = calls.filter(({ page, program }) => page === 'docs/role-by-hand.md' && program === 'aws')
  const after = (option: string): readonly string[] =>
    args.flatMap((call) => {
      const at = call.args.indexOf(option)
      return at === -1 ? [] : [call.args[at + 1] ?? '']
    })

  test('makes the roles of the examples, each with its own values', () => {
    const prepared = ROLES.filter(({ preparation }) => preparation !== undefined)
    const made = args.filter(({ args: [, operation = ''] }) =>
      /^(?:create-role|put-role-policy)$/.test(operation),
    )
    expect(made.map((call) => call.args[call.args.indexOf('--role-name') + 1])).toEqual([
      ...ROLES.flatMap(({ name }) => [name, name]),
      ...prepared.map(({ name }) => name),
    ])
    const documents = [...after('--assume-role-policy-document'), ...after('--policy-document')]
    const left = documents.flatMap((text) =>
      Object.keys(PLACEHOLDERS).filter((word) => new RegExp(`\\b${word}\\b`).test(text)),
    )
    // What only some have: they may stay.
    expect([...new Set(left)].toSorted()).toEqual(['COMMIT', 'KEY_ID'])
    expect(documents.map((text) => JSON.parse(text) as unknown)).toEqual(
      [
        ...ROLES.map(({ trust: [trust = ''] }) => trust),
        ...ROLES.map(({ permissions }) => permissions),
        ...prepared.map(({ preparation = '' }) => preparation),
      ].map(
        (name) =>
          JSON.parse(filledWith(VALUES, readFileSync(join(ROOT, 'policies', name), 'utf8'))) as unknown,
      ),
    )
    expect(Object.keys(DOCUMENTS)).toEqual(
      expect.arrayContaining(prepared.map(({ permissions }) => permissions)),
    )
  })
})

/** The values of the commands in docs/role-by-hand.md. */
const VALUES: Readonly<Record<string, string>> = {
  ACCOUNT: '111122223333',
  BRANCH: 'main',
  CLONE_KEY: 'nightly',
  ORG: 'acme',
  ORG_ID: '17',
  PREFIX: 'clone',
  REGION: 'eu-west-1',
  REPO: 'shop',
  REPO_ID: '4711',
  SOURCE: 'orders-anonymised',
}

function filledWith(values: Readonly<Record<string, string>>, text: string): string {
  return text.replaceAll(/\b[A-Z]+(?:_[A-Z]+)*\b/g, (word) => values[word] ?? word)
}
