import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { type ActionFile, blockOf, document, readExamples, rowsOf } from '../scripts/generate-docs.ts'
import { TAG } from '../src/aurora/tags.ts'
import { INPUTS, MODES, OUTCOMES, OUTPUTS, SKIP_REASONS } from '../src/contract.ts'
import { FAILURE_TITLES } from '../src/failure.ts'
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
    expect(rowsOf(blockOf(readme, 'troubleshooting')).map(([title]) => title)).toEqual([...FAILURE_TITLES])
  })

  test('allows the role exactly what src calls', () => {
    const policy = blocks(readme, 'json')
      .map((text) => JSON.parse(text) as Policy)
      .find(({ Statement }) => Statement.some(({ Sid }) => Sid === 'Look'))
    const allowed = (policy?.Statement ?? [])
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap(({ Action }) => Action)
      .filter((name) => name.startsWith('rds:'))
    const sources = readdirSync(join(ROOT, 'src/aurora')).map((name) => read(`src/aurora/${name}`))
    const called = sources
      .flatMap((text) => [...text.matchAll(/(?:new |paginate)([A-Z]\w+?)(?:Command)?\(/g)])
      .map(([, operation = '']) => operation)
      .filter((operation) =>
        /^(?:Add|Create|Delete|Describe|Modify|Re|St)\w*DB|^AddTags|^DescribeEvents/.test(operation),
      )
    expect([...new Set(allowed)].toSorted()).toEqual(
      [...new Set(called)].map((name) => `rds:${name}`).toSorted(),
    )
  })

  test('deletes only with name and tag', () => {
    const policies = blocks(readme, 'json').map((text) => JSON.parse(text) as Policy)
    const deleting = policies
      .flatMap(({ Statement }) => Statement)
      .filter(
        ({ Effect, Action }) =>
          Effect === 'Allow' && [Action].flat().some((name) => name.startsWith('rds:Delete')),
      )
    expect(deleting).toHaveLength(1)
    expect(deleting[0]?.Resource).toEqual([
      'arn:aws:rds:REGION:ACCOUNT:cluster:clone-pr-*',
      'arn:aws:rds:REGION:ACCOUNT:db:clone-pr-*',
    ])
    expect(deleting[0]?.Condition).toEqual({ StringEquals: { [`aws:ResourceTag/${TAG.version}`]: '1' } })
  })

  test('has the commands of the checks', () => {
    const commands = blocks(readme, 'sh').map((text) => text.trim())
    expect(commands).toContain('npm ci && npm test')
    expect(commands).toContain('npm ci && npm run demo')
    expect(read('.ci/run')).toContain("bash -c 'npm ci && npm test'")
  })

  test('links to files and headings that exist', () => {
    for (const [, target = ''] of readme.matchAll(/\]\(([^)]+)\)/g)) {
      if (target.startsWith('https://')) continue
      const [file = '', heading] = target.split('#')
      expect([target, existsSync(join(ROOT, file))]).toEqual([target, true])
      if (heading !== undefined) expect(headingsOf(file === '' ? readme : read(file))).toContain(heading)
    }
  })
})

interface Policy {
  readonly Statement: readonly {
    readonly Sid?: string
    readonly Effect: string
    readonly Action: string | readonly string[]
    readonly Resource?: string | readonly string[]
    readonly Condition?: unknown
  }[]
}

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
