import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { PRODUCT, PUBLISHED_ACTION } from '../local/product.ts'
import { OWN_REPOSITORY, OWN_TAG } from '../policies/publisher.ts'
import { namedPublisher, pagePublishedBy, publishedBy } from '../scripts/publisher.ts'
import { ROOT, read, repositoryFiles } from './documentation/pages.ts'

const FORMER = { repository: 'former/clones', version: '1.0.0' }
const NOW = { repository: 'acme/aurora', version: '2.3.4' }

describe('a file', () => {
  test.each([
    ['uses: former/clones@v1', 'uses: acme/aurora@v2'],
    [
      'uses: former/clones/.github/workflows/sweep.yml@v1',
      'uses: acme/aurora/.github/workflows/sweep.yml@v2',
    ],
    [
      'former/clones/.github/workflows/a.yml@refs/tags/v1"',
      'acme/aurora/.github/workflows/a.yml@refs/tags/v2"',
    ],
    ['former/clones/.github/workflows/a.yml@COMMIT', 'acme/aurora/.github/workflows/a.yml@COMMIT'],
    ['git::https://github.com/former/clones.git//infra', 'git::https://github.com/acme/aurora.git//infra'],
    ['* @former/clones-maintainers', '* @acme/aurora-maintainers'],
    ['former/clones/*: ref-pin', 'acme/aurora/*: ref-pin'],
    ['other-former/clones@v1', 'other-former/clones@v1'],
    ['former/clonesX@v1', 'former/clonesX@v1'],
    ['actions/checkout@v1 # v1.0.0', 'actions/checkout@v1 # v1.0.0'],
  ])('%s', (before, after) => {
    expect(publishedBy(before, FORMER, NOW)).toBe(after)
    expect(publishedBy(after, NOW, NOW)).toBe(after)
  })
})

describe('a page', () => {
  test.each([
    ['`v1` and `v1.0`; `v1.0.0` never moves.', '`v2` and `v2.3`; `v2.3.4` never moves.'],
    ['`@v1` moves. So does v1.', '`@v2` moves. So does v2.'],
    ['//infra/terraform?ref=v1.0.0"', '//infra/terraform?ref=v2.3.4"'],
    ['`v1.N` and v1.5.0', '`v2.N` and v1.5.0'],
    ['batch-v1, v10, 1.0.0', 'batch-v1, v10, 1.0.0'],
    ['former/clones@v1', 'acme/aurora@v2'],
  ])('%s', (before, after) => {
    expect(pagePublishedBy(before, FORMER, NOW)).toBe(after)
  })
})

describe('the publisher whom the files name', () => {
  test('is the one of package.json', () => {
    const { repository, version } = JSON.parse(read('package.json')) as typeof FORMER
    expect(namedPublisher(read('examples/pull-request.yml'), read('README.md'))).toEqual({
      repository,
      version,
    })
    expect([OWN_REPOSITORY, PRODUCT]).toEqual([repository, repository])
    expect(PUBLISHED_ACTION).toBe(`${repository}@${OWN_TAG}`)
    expect(OWN_TAG).toBe(`v${version.split('.')[0] ?? ''}`)
  })

  test('must be found', () => {
    expect(() => namedPublisher('', '`v1.0.0` never moves')).toThrow('calls no pr-database.yml')
    expect(() => namedPublisher(read('examples/pull-request.yml'), '')).toThrow('README.md has no')
  })

  test('is the same everywhere', () => {
    const called = repositoryFiles()
      .filter(
        (path) => /\.(?:ts|js|yml|tf|json|md)$|CODEOWNERS$/.test(path) && !/^(?:dist|__tests__)\//.test(path),
      )
      .flatMap((path) =>
        [
          ...read(path).matchAll(
            /([\w-]+\/[\w.-]+)\/\.github\/workflows\/(?:pr-database|sweep|warm-source)[\w-]*\.yml@(\S*v\d+)?/g,
          ),
        ].map(([, repository, tag]) => ({ path, repository, tag })),
      )
    expect(called.length).toBeGreaterThan(10)
    for (const { path, repository, tag = OWN_TAG } of called)
      expect([path, repository, tag.replace('refs/tags/', '')]).toEqual([path, OWN_REPOSITORY, OWN_TAG])
  })
})

describe('another publisher', () => {
  const ANOTHER = { repository: 'another-owner/another-name', version: '2.3.4' }
  const CODE = /\.(?:ts|js|yml|tf|json|md)$|CODEOWNERS$/

  test('comes with package.json and `npm run docs`, and nothing of the former is left', () => {
    const copy = mkdtempSync(join(tmpdir(), 'copy-'))
    try {
      const files = repositoryFiles().filter((path) => !path.startsWith('dist/'))
      for (const path of files) cpSync(join(ROOT, path), join(copy, path))
      symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
      const manifest = JSON.parse(read('package.json')) as object
      writeFileSync(join(copy, 'package.json'), JSON.stringify({ ...manifest, ...ANOTHER }))
      const run = (...args: readonly string[]): string =>
        execFileSync(process.execPath, args, { cwd: copy, stdio: ['ignore', 'pipe', 'pipe'] }).toString()
      run('scripts/generate-docs.ts')
      const written = (path: string): string => readFileSync(join(copy, path), 'utf8')
      // As a pattern has it, too: the name may stand there with backslashes, and the tag behind a constant.
      const texts = files
        .filter((path) => CODE.test(path))
        .map((path) => ({ path, text: written(path).replaceAll('\\', '') }))
      const withFormer = texts.filter(
        ({ text }) =>
          text.includes(OWN_REPOSITORY) ||
          /(?:another-owner\/another-name|(?:OWN_REPOSITORY|PRODUCT)\})(?:\/[\w./-]+)?@(?:refs\/tags\/)?v1\b/.test(
            text,
          ),
      )
      expect(withFormer.map(({ path }) => path)).toEqual([])
      expect(written('.github/CODEOWNERS')).toContain('* @another-owner/another-name-maintainers')
      expect(written('README.md')).toContain(
        'uses: another-owner/another-name/.github/workflows/pr-database.yml@v2\n',
      )
      expect(written('infra/cloudformation.yml')).toContain(
        'another-owner/another-name/.github/workflows/pr-database.yml@refs/tags/v2',
      )
      expect(run('scripts/check-workflows.ts')).not.toContain('FAIL')
    } finally {
      rmSync(copy, { recursive: true, force: true })
    }
  })
})
