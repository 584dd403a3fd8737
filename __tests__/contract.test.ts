import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { DOCUMENTS, PLACEHOLDERS, ROLES } from '../policies/documents.ts'
import {
  type ActionFile,
  blockOf,
  document,
  documentPages,
  readExamples,
  rowsOf,
} from '../scripts/generate-docs.ts'
import { TAG } from '../src/aurora/clone/tags.ts'
import { INPUTS, MODES, OUTCOMES, OUTPUTS, SKIP_REASONS } from '../src/contract.ts'
import { FAILURES } from '../src/failure.ts'
import { VERSION } from '../src/version.ts'

const ROOT = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const action = parse(read('action.yml')) as ActionFile & {
  readonly runs: { readonly using: string; readonly main: string }
}
const readme = read('README.md')
const examples = readExamples()

/** The code blocks of one language in a Markdown text. */
function blocks(markdown: string, language: string): readonly string[] {
  return [...markdown.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, text = '']) => text,
  )
}

/** As GitHub makes them addresses. */
function headingsOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  )
}

describe('action.yml and src/contract.ts', () => {
  test('have the same inputs, in the same order', () => {
    expect(Object.keys(action.inputs)).toEqual(Object.keys(INPUTS))
  })

  test('have the same defaults', () => {
    const inAction = Object.entries(action.inputs).map(([name, input]) => [name, input.default])
    const contract: Readonly<Record<string, { readonly modes: unknown; readonly default?: string }>> = INPUTS
    const inCode = Object.entries(contract).map(([name, input]) => [name, input.default])
    expect(inAction).toEqual(inCode)
  })

  test('have the same outputs, in the same order', () => {
    expect(Object.keys(action.outputs)).toEqual(Object.keys(OUTPUTS))
  })

  test('no input is always required', () => {
    const required = Object.entries(action.inputs).filter(([, input]) => input.required === true)
    expect(required).toEqual([])
  })

  test.each([...MODES])('the mode %s is described', (mode) => {
    expect(action.inputs['mode']?.description).toContain(`\`${mode}\``)
  })

  test.each([...OUTCOMES])('the outcome %s is described', (outcome) => {
    expect(action.outputs['outcome']?.description).toContain(`\`${outcome}\``)
  })

  test.each([...SKIP_REASONS])('the skip reason %s is described', (reason) => {
    expect(action.outputs['skip-reason']?.description).toContain(`\`${reason}\``)
  })

  test('no output is described with a word that it cannot have', () => {
    for (const [name, words] of [
      ['outcome', OUTCOMES],
      ['skip-reason', SKIP_REASONS],
    ] as const) {
      const described = [...(action.outputs[name]?.description ?? '').matchAll(/`([a-z-]+)`/g)]
      expect(described.map(([, word]) => word).toSorted()).toEqual([...words].toSorted())
    }
  })

  test('runs under Node.js 24 what is in dist', () => {
    expect(action.runs.using).toBe('node24')
    expect(existsSync(join(ROOT, action.runs.main))).toBe(true)
  })
})

describe('README.md', () => {
  test('is what the generator makes of it, and complete', () => {
    expect(document(readme, { action, examples })).toEqual({ readme, problems: [] })
  })

  test('lists every input and output once', () => {
    const names = (block: string): readonly string[] =>
      rowsOf(blockOf(readme, block)).map(([name]) => name ?? '')
    expect(names('inputs')).toEqual(Object.keys(INPUTS).map((name) => `\`${name}\``))
    expect(names('outputs')).toEqual(Object.keys(OUTPUTS).map((name) => `\`${name}\``))
  })

  test('has workflows that can be pasted: those of examples/', () => {
    const workflows = blocks(readme, 'yaml').filter((text) => text.startsWith('name:'))
    expect(workflows).toHaveLength(2)
    for (const text of workflows)
      expect(Object.values(examples).some((file) => file.endsWith(text))).toBe(true)
  })

  test('names outputs that exist, in its text too', () => {
    for (const [, output = ''] of readme.matchAll(/(?:steps|needs)\.[\w-]+\.outputs\.([\w-]+)/g))
      expect(Object.keys(OUTPUTS)).toContain(output)
  })

  test('names tags that exist', () => {
    const named = new Set([...readme.matchAll(/aurora-clone:[a-z-]+/g)].map(([tag]) => tag))
    const known: readonly string[] = Object.values(TAG)
    expect([...named].filter((tag) => !known.includes(tag))).toEqual([])
  })

  test('quotes the titles of failures only as they are', () => {
    expect(rowsOf(blockOf(readme, 'troubleshooting')).map(([title]) => title)).toEqual(Object.keys(FAILURES))
  })

  test('has a role for every role of the examples', () => {
    const named = Object.values(examples).flatMap((text) =>
      [...text.matchAll(/:role\/(aurora-clone[\w-]*)/g)].map(([, name]) => name),
    )
    expect([...new Set(named)].toSorted()).toEqual(ROLES.map(({ name }) => name).toSorted())
  })

  test('has the commands of the checks', () => {
    const commands = blocks(readme, 'sh').map((text) => text.trim())
    expect(commands).toContain('npm ci && npm test')
    expect(commands).toContain('npm ci && npm run demo')
    expect(read('.ci/run')).toContain("bash -c 'npm ci && npm test'")
  })
})

describe('docs/', () => {
  const pages = documentPages(read)

  test.each(Object.entries(pages))('%s is what the generator makes of it', (name, text) => {
    expect(read(name)).toBe(text)
  })

  test('makes the roles of the examples, each with its own values', () => {
    const commands = blocks(read('docs/role-by-hand.md'), 'sh')
      .filter((text) => text.includes('put-role-policy'))
      .join('\n')
    const called = execFileSync('bash', ['-euc', `aws() { printf '%s\\0' "$@"; }\n${commands}`], {
      cwd: join(ROOT, 'policies'),
    })
      .toString()
      .split('\0')
    const after = (option: string): readonly string[] =>
      called.flatMap((word, index) => (word === option ? [called[index + 1] ?? ''] : []))
    expect(after('create-role').length).toBe(ROLES.length)
    const prepared = ROLES.filter(({ preparation }) => preparation !== undefined)
    expect(after('--role-name')).toEqual([
      ...ROLES.flatMap(({ name }) => [name, name]),
      ...prepared.map(({ name }) => name),
    ])
    expect(after('--policy-name')).toEqual([
      ...ROLES.map(({ name }) => name),
      ...prepared.map(() => 'aurora-clone-prepare'),
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
      ].map((name) => JSON.parse(filledWith(VALUES, read(`policies/${name}`))) as unknown),
    )
  })

  test.each(['README.md', ...Object.keys(pages)])('%s links to files and headings that exist', (name) => {
    const page = read(name)
    for (const [, target = ''] of page.matchAll(/\]\(([^)]+)\)/g)) {
      if (target.startsWith('https://')) continue
      const [file = '', heading] = target.split('#')
      const path = join(dirname(name), file)
      expect([target, existsSync(join(ROOT, path))]).toEqual([target, true])
      if (heading !== undefined) expect(headingsOf(file === '' ? page : read(path))).toContain(heading)
    }
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

describe('the roles', () => {
  const called = readdirSync(join(ROOT, 'src/aurora'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(`src/aurora/${name}`))
    .flatMap((text) => [...text.matchAll(/(?:new |paginate)([A-Z]\w+?)(?:Command)?\(/g)])
    .map(([, operation = '']) => operation)
    .filter((operation) =>
      /^(?:Add|Create|Delete|Describe|Modify|Re|St)\w*DB|^AddTags|^DescribeEvents|HttpEndpoint$/.test(
        operation,
      ),
    )

  test.each(ROLES)(
    '$permissions with what it needs to prepare clones allows what src calls, and nothing else',
    ({ permissions, preparation }) => {
      const allowed = [permissions, preparation ?? '']
        .flatMap((file) => DOCUMENTS[file]?.Statement ?? [])
        .filter(({ Effect }) => Effect === 'Allow')
        .flatMap(({ Action = [] }) => Action)
        .filter((action) => action.startsWith('rds:'))
      const needed = called.filter(
        (operation) =>
          permissions !== 'sweep.json' ||
          !/^(?:Add|Create|Modify|Re)|Parameters$|HttpEndpoint$/.test(operation),
      )
      expect([...new Set(allowed)].toSorted()).toEqual(
        [...new Set(needed)].map((operation) => `rds:${operation}`).toSorted(),
      )
    },
  )
})

describe('the version', () => {
  const manifest = JSON.parse(read('package.json')) as { readonly version: string }

  test('is the same in package.json, package-lock.json and src/version.ts', () => {
    const lock = JSON.parse(read('package-lock.json')) as typeof manifest
    expect([lock.version, VERSION]).toEqual([manifest.version, manifest.version])
  })

  test('is the newest entry of CHANGELOG.md', () => {
    expect(/^## \[([^\]]+)\] - (?:Unreleased|\d{4}-\d{2}-\d{2})$/m.exec(read('CHANGELOG.md'))?.[1]).toBe(
      manifest.version,
    )
  })

  test('is what README.md says of tags', () => {
    const [major = '', minor = ''] = manifest.version.split('.')
    expect(readme).toContain(`\`v${manifest.version}\` never moves`)
    expect(readme).toContain(`\`v${major}\` and \`v${major}.${minor}\` follow`)
  })
})
