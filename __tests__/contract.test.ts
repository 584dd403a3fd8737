import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { DOCUMENTS, ROLES } from '../policies/documents.ts'
import { type ActionFile, blockOf, documentation, readExamples, rowsOf } from '../scripts/generate-docs.ts'
import { TAG } from '../src/aurora/clone/tags.ts'
import { INPUTS, MODES, OUTCOMES, OUTPUTS, SKIP_REASONS } from '../src/contract.ts'
import { FAILURES } from '../src/failure.ts'
import { VERSION } from '../src/version.ts'
import { PAGES, ROOT, blocksOf, read, targetsOf } from './documentation/pages.ts'

const action = parse(read('action.yml')) as ActionFile & {
  readonly runs: { readonly using: string; readonly main: string }
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

describe('the pages', () => {
  const { pages, problems } = documentation({ action, examples: readExamples(), read })
  const everything = PAGES.map(read).join('\n')

  test.each(Object.entries(pages))('%s is what the generator makes of it', (name, text) => {
    expect(read(name)).toBe(text)
  })

  test('lack nothing that only a person can write', () => {
    expect(problems).toEqual([])
  })

  test('list every input, output and failure once', () => {
    const names = (page: string, block: string): readonly string[] =>
      rowsOf(blockOf(read(page), block)).map(([name]) => name ?? '')
    expect(names('docs/inputs.md', 'inputs')).toEqual(Object.keys(INPUTS).map((name) => `\`${name}\``))
    expect(names('docs/inputs.md', 'outputs')).toEqual(Object.keys(OUTPUTS).map((name) => `\`${name}\``))
    expect(names('docs/troubleshooting.md', 'troubleshooting')).toEqual(Object.keys(FAILURES))
  })

  test('name outputs and tags that exist', () => {
    for (const [, output = ''] of everything.matchAll(/(?:steps|needs)\.[\w-]+\.outputs\.([\w-]+)/g))
      expect(Object.keys(OUTPUTS)).toContain(output)
    const named = new Set([...everything.matchAll(/(?<!\w)aurora-clone:[a-z-]+/g)].map(([tag]) => tag))
    const known: readonly string[] = Object.values(TAG)
    expect(named.size).toBeGreaterThan(1)
    expect([...named].filter((tag) => !known.includes(tag))).toEqual([])
  })

  test('have workflows that can be pasted: those of examples/', () => {
    const workflows = PAGES.flatMap(blocksOf).filter(
      ({ language, text }) => language === 'yaml' && text.startsWith('name:'),
    )
    expect(workflows.map(({ page }) => page)).toEqual(['README.md', 'docs/sweep.md'])
    for (const { text } of workflows)
      expect(Object.values(readExamples()).some((file) => file.endsWith(text))).toBe(true)
  })

  test('have a role for every role of the examples', () => {
    const roles = ROLES.map(({ name }) => name)
    const named = new Set<string>()
    for (const text of Object.values(readExamples())) {
      // A stack with another key names the role by that.
      const keys = [...text.matchAll(/\bCloneKey=([\w-]+)/g)].map(([, key = '']) => `aurora-clone-${key}`)
      for (const [, name = ''] of text.matchAll(/:role\/(aurora-clone[\w-]*)/g)) {
        expect([...roles, ...keys]).toContain(name)
        named.add(name)
      }
    }
    expect([...named]).toEqual(expect.arrayContaining(roles))
  })

  test('list every example, the whole systems first', () => {
    const listed = targetsOf('docs/recipes.md').filter((target) => target.startsWith('../examples/'))
    const systems = ['deployment-manifest', 'nightly-staging', 'eks-helm', 'release-tests']
    expect(listed.slice(0, 4)).toEqual(systems.map((name) => `../examples/${name}.yml`))
    expect([...new Set(listed)].toSorted()).toEqual(
      Object.keys(readExamples())
        .map((name) => `../examples/${name}`)
        .toSorted(),
    )
  })

  test('have tables whose rows are as long as their head', () => {
    const tables = [...everything.matchAll(/(?:^ *\|.*\n)+/gm)].map(([text]) => text)
    expect(tables.length).toBeGreaterThan(20)
    for (const text of tables) {
      const lengths = text
        .trim()
        .split('\n')
        .map((line) => line.split(/(?<!\\)\|/).length)
      expect([text, new Set(lengths).size]).toEqual([text, 1])
    }
  })

  test('begin with one that is read in minutes', () => {
    expect(read('README.md').split(/\s+/).length).toBeLessThan(1_500)
  })
})

describe('the roles', () => {
  const called = readdirSync(join(ROOT, 'src/aurora'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(`src/aurora/${name}`))
    .flatMap((text) => [...text.matchAll(/(?:new |paginate)([A-Z]\w+?)(?:Command)?\(/g)])
    .map(([, operation = '']) => operation)
    .filter((operation) =>
      /^(?:Add|Backtrack|Create|Delete|Describe|Modify|Re|St)\w*DB|^AddTags|^DescribeEvents|HttpEndpoint$/.test(
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
          !/^(?:Add|Backtrack|Create|Modify|Re)|Backtracks$|Parameters$|HttpEndpoint$/.test(operation),
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
    expect(read('README.md')).toContain(`\`v${manifest.version}\` never moves`)
    expect(read('README.md')).toContain(`\`v${major}\` and \`v${major}.${minor}\` follow`)
  })
})
