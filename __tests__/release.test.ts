import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'

// The scripts in release.yml, which run only when a release is made: here with what git and GitHub could answer.

interface Job {
  readonly needs?: string
  readonly steps: readonly { readonly name?: string; readonly run?: string; readonly uses?: string }[]
}

const { jobs } = parse(
  readFileSync(join(import.meta.dirname, '../.github/workflows/release.yml'), 'utf8'),
) as {
  readonly jobs: Readonly<Record<string, Job>>
}

function scriptOf(job: string, name: string): string {
  const script = jobs[job]?.steps.find((step) => step.name === name)?.run
  if (script === undefined) throw new Error(`release.yml has no step "${name}" in ${job}`)
  return script
}

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'release-'))
})

afterEach(() => {
  rmSync(directory, { recursive: true })
})

interface Ran {
  readonly exitCode: number | null
  readonly said: string
}

/** As a runner does it; `gh` is a shell function. */
function run(script: string, { gh, env }: { gh: string; env: Readonly<Record<string, string>> }): Ran {
  writeFileSync(join(directory, 'step.sh'), `gh() {\n${gh}\n}\n${script}`)
  const { status, stdout, stderr } = spawnSync('bash', ['-e', 'step.sh'], {
    cwd: directory,
    env: { PATH: process.env['PATH'] ?? '', HOME: directory, REPOSITORY: 'acme/action', ...env },
    encoding: 'utf8',
  })
  return { exitCode: status, said: `${stdout}${stderr}` }
}

describe('a pushed tag', () => {
  const SCRIPT = scriptOf(
    'verify',
    'The tag is a version of a branch for releases, and the settings are made',
  )
  const git = (...args: readonly string[]): void => {
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: directory })
  }

  interface Pushed {
    readonly tag?: string
    readonly date?: string
    readonly branch?: string
    readonly gh?: string
  }

  function pushed({
    tag = 'v1.2.3',
    date = '2026-12-01',
    branch = 'main',
    gh = 'echo required_reviewers',
  }: Pushed) {
    writeFileSync(join(directory, 'package.json'), '{ "version": "1.2.3" }')
    writeFileSync(join(directory, 'CHANGELOG.md'), `# Changelog\n\n## [1.2.3] - ${date}\n`)
    git('init', '--quiet')
    git('add', '.')
    git('commit', '--quiet', '--message', 'a')
    git('update-ref', `refs/remotes/origin/${branch}`, 'HEAD')
    return run(SCRIPT, { gh, env: { TAG: tag } })
  }

  test.each([{}, { branch: 'release/1.2' }, { gh: "printf 'wait_timer\\nrequired_reviewers\\n'" }])(
    'that is a release (%o) passes',
    (given) => {
      expect(pushed(given)).toEqual({ exitCode: 0, said: '' })
    },
  )

  test.each([
    [{ tag: 'v1.2.4' }, 'Wrong tag'],
    [{ tag: 'v1.2.3-rc.1' }, 'Wrong tag'],
    [{ date: 'Unreleased' }, 'No date'],
    [{ branch: 'mainly' }, 'Wrong branch'],
    [{ branch: 'feature/release/1.2' }, 'Wrong branch'],
    [{ gh: 'echo wait_timer' }, 'No reviewers'],
    [{ gh: 'echo gh: Not Found >&2; return 1' }, 'No reviewers'],
  ])('that is none (%o) fails: %s', (given, title) => {
    const { exitCode, said } = pushed(given)
    expect(exitCode).toBe(1)
    expect(said).toContain(`::error title=${title}::`)
  })
})

describe('a published release', () => {
  const SCRIPT = scriptOf('move-tags', 'Move v1 and v1.N to this release, unless a newer one has them')
  const COMMIT = 'a'.repeat(40)

  interface Published {
    readonly tag?: string
    /** What GitHub lists. */
    readonly released?: readonly string[]
    /** Floating tags that there are. */
    readonly floating?: readonly string[]
    /** Floating tags that the token may not move. */
    readonly refused?: readonly string[]
  }

  function published({
    tag = 'v1.2.3',
    released = [tag],
    floating = ['v1', 'v1.2'],
    refused = [],
  }: Published): Ran & { readonly moved: readonly string[] } {
    const any = (names: readonly string[]): string => (names.length === 0 ? 'NONE' : names.join('|'))
    const gh = `  case "$*" in
    *'/releases --jq '*) printf '%s\\n' ${released.join(' ')} ;;
    *--method*) case "$*" in
        ${any(refused.map((name) => `*"tags/${name} "*`))}) echo 'gh: Resource not accessible by integration (HTTP 403)' >&2; return 1 ;;
        *) echo "$*" >> moved ;;
      esac ;;
    *git/ref/tags/*) case "$*" in
        ${any(floating.map((name) => `*"tags/${name} "*`))}) ;;
        *) echo 'gh: Not Found (HTTP 404)' >&2; return 1 ;;
      esac ;;
    *) echo "unknown call: $*" >&2; return 2 ;;
  esac`
    writeFileSync(join(directory, 'moved'), '')
    const ran = run(SCRIPT, { gh, env: { TAG: tag, COMMIT } })
    const calls = readFileSync(join(directory, 'moved'), 'utf8').trim().split('\n')
    const moved = calls.flatMap((call) => /(?:refs|ref=refs)\/tags\/(\S+)/.exec(call)?.[1] ?? [])
    for (const call of calls.filter((one) => one !== '')) expect(call).toContain(`sha=${COMMIT}`)
    return { ...ran, moved }
  }

  test.each([
    ['the first one', { floating: [] }, ['v1', 'v1.2']],
    ['the newest one', { released: ['v1.2.3', 'v1.2.2', 'v1.1.9', 'v0.9.0'] }, ['v1', 'v1.2']],
    ['a patch of an older line', { released: ['v1.3.0', 'v1.2.3', 'v1.2.2'] }, ['v1.2']],
    ['an older one', { released: ['v1.2.4', 'v1.2.3'] }, []],
    [
      'numbers, not letters',
      { tag: 'v1.10.0', released: ['v1.9.9', 'v1.10.0'], floating: ['v1'] },
      ['v1', 'v1.10'],
    ],
    ['another major version', { tag: 'v2.0.0', released: ['v1.2.3', 'v2.0.0'] }, ['v2', 'v2.0']],
    ['one that GitHub does not list yet', { released: ['v1.2.2'] }, ['v1', 'v1.2']],
  ])('%s moves what is its own', (_, given, moved) => {
    expect(published(given)).toMatchObject({ exitCode: 0, moved })
  })

  test('says how to move by hand what the token may not', () => {
    const { exitCode, moved, said } = published({ refused: ['v1'] })
    expect(exitCode).toBe(1)
    expect(moved).toEqual(['v1.2'])
    expect(said).toContain(
      `::error title=Move v1 by hand::GitHub refused it. Run: git push --force origin ${COMMIT}:refs/tags/v1\n`,
    )
  })

  test.each(['v1.2', 'v1.2.3-rc.1', 'v1.2.3; id', 'main'])('%s is no release', (tag) => {
    expect(published({ tag, released: [] })).toMatchObject({ exitCode: 1, moved: [] })
  })
})

describe('the notes of a release', () => {
  test('are the entry of its version in CHANGELOG.md', () => {
    mkdirSync(join(directory, 'dist'))
    writeFileSync(join(directory, 'dist', 'index.js'), 'x')
    writeFileSync(
      join(directory, 'CHANGELOG.md'),
      '# Changelog\n\n## [1.2.30] - 2027-01-01\n\n- Later\n\n## [1.2.3] - 2026-12-01\n\n- New\n\n## [1.2.2] - 2026-11-01\n\n- Old\n',
    )
    const script = scriptOf('build', 'Write the checksums and the notes')
    expect(run(script, { gh: '  return 1', env: { TAG: 'v1.2.3' } })).toEqual({ exitCode: 0, said: '' })
    expect(readFileSync(join(directory, 'release', 'notes.md'), 'utf8')).toBe('\n- New\n\n')
    expect(readFileSync(join(directory, 'release', 'SHA256SUMS'), 'utf8')).toMatch(
      /^[0-9a-f]{64} {2}dist\/index\.js\n$/,
    )
  })
})

test('nothing is drafted before it was verified, built and attested', () => {
  expect([jobs['build']?.needs, jobs['draft']?.needs]).toEqual(['verify', 'build'])
  const drafting = Object.entries(jobs).filter(([, { steps }]) =>
    steps.some(({ run: script = '' }) => script.includes('gh release create')),
  )
  expect(drafting.map(([name]) => name)).toEqual(['draft'])
  const names = jobs['build']?.steps.map(({ name = '' }) => name) ?? []
  expect(names.indexOf('Attest what was built')).toBeGreaterThan(
    names.indexOf('Compare with what the tag has'),
  )
  const move = jobs['move-tags']?.steps.map(({ name = '' }) => name) ?? []
  expect(move.slice(1)).toEqual([
    'The release is what this workflow has built and attested',
    'Move v1 and v1.N to this release, unless a newer one has them',
  ])
})
