import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { readExamples } from '../../scripts/generate-docs.ts'
import { type CommandSpec, parseCommandLine } from './command-line.ts'
import { COMMANDS } from './commands.ts'
import { applyFilter, ghTarget } from './gh-api.ts'
import { plantTools } from './planted-tools.ts'

const SPECS: readonly CommandSpec[] = [
  {
    words: 'put thing',
    positionals: [/^[a-z]+$/],
    values: { '--name': /^\w+$/ },
    flags: ['--wait'],
    required: ['--name'],
  },
]

test.each(
  Object.entries(COMMANDS).flatMap(([tool, specs]) =>
    specs.flatMap(({ words, values = {}, flags = [] }) =>
      ['', ...Object.keys(values), ...flags].map((option) => [`${tool} ${words}`, option] as const),
    ),
  ),
)('%s %s is what an example uses', (command, option) => {
  const lines = Object.values(readExamples()).flatMap((text) => text.replaceAll('\\\n', ' ').split('\n'))
  expect(lines.filter((line) => line.includes(command) && line.includes(option))).not.toEqual([])
})

describe('the arguments of a program', () => {
  test('are read', () => {
    const args = ['put', 'thing', 'here', '--name', 'one', '--name=two', '--wait']
    expect(parseCommandLine(args, SPECS)).toMatchObject({
      positionals: ['here'],
      values: { '--name': ['one', 'two'] },
      flags: ['--wait'],
    })
  })

  test.each([
    ['another command', ['put', 'it'], 'unknown command "put it"'],
    ['an unknown option', ['put', 'thing', 'here', '--nmae', 'x'], 'unknown option "--nmae"'],
    ['an option without its value', ['put', 'thing', 'here', '--name'], '--name is ""'],
    ['a wrong value', ['put', 'thing', 'here', '--name', 'a b'], '--name is "a b"'],
    ['a missing option', ['put', 'thing', 'here'], '--name is missing'],
    ['too little', ['put', 'thing', '--name', 'x'], '0 arguments, expected 1'],
    ['too much', ['put', 'thing', 'a', 'b', '--name', 'x'], '2 arguments, expected 1'],
    ['a wrong argument', ['put', 'thing', 'HERE', '--name', 'x'], 'argument "HERE"'],
    ['a flag with a value', ['put', 'thing', 'a', '--name', 'x', '--wait=false'], 'unknown option "--wait"'],
  ])('%s is refused', (_, args, message) => {
    expect(() => parseCommandLine(args, SPECS)).toThrow(message)
  })
})

describe('a filter of gh api', () => {
  test.each([
    ['.permission', { permission: 'write' }, ['write']],
    ['.a.b', { a: { b: 'c' } }, ['c']],
    ['.labels[].name', { labels: [{ name: 'a' }, { name: 'b c' }] }, ['a', 'b c']],
    ['.labels[].name', { labels: [] }, []],
  ])('%s', (filter, input, lines) => {
    expect(applyFilter(filter, input)).toEqual(lines)
  })

  test.each([
    ['.a | length', 'is not supported'],
    ['.missing', 'is no text'],
    ['.a', 'is no text'],
    ['.missing.b', 'Cannot read properties'],
    ['.a[].b', 'not iterable'],
  ])('%s is refused', (filter, message) => {
    expect(() => applyFilter(filter, { a: { b: 'c' } })).toThrow(message)
  })
})

describe('whom gh calls', () => {
  const tokens = { GH_TOKEN: 'cloud', GH_ENTERPRISE_TOKEN: 'server' }

  test.each([
    ['github.com, where nothing is said', {}, { host: 'github.com', token: 'cloud' }],
    [
      'whatever the run was told',
      { GITHUB_API_URL: 'https://ghe.example.com/api/v3' },
      { host: 'github.com' },
    ],
    ['an enterprise server', { GH_HOST: 'ghe.example.com' }, { host: 'ghe.example.com', token: 'server' }],
    [
      'an enterprise with data residency',
      { GH_HOST: 'acme.ghe.com' },
      { host: 'acme.ghe.com', token: 'cloud' },
    ],
  ])('%s', (_, env, target) => {
    expect(ghTarget({ ...tokens, ...env })).toMatchObject(target)
  })

  test.each([
    [{ GH_ENTERPRISE_TOKEN: 'server' }, 'set the GH_TOKEN'],
    [{ GH_HOST: 'acme.ghe.com', GH_ENTERPRISE_TOKEN: 'server' }, 'set the GH_TOKEN'],
    [{ GH_HOST: 'ghe.example.com', GH_TOKEN: 'cloud' }, 'set the GH_ENTERPRISE_TOKEN'],
  ])('nobody with %j', (env, message) => {
    expect(() => ghTarget(env)).toThrow(message)
  })
})

describe('the programs', () => {
  const directory = plantTools()
  afterAll(() => {
    rmSync(directory, { recursive: true })
  })

  function run(
    [tool = '', ...args]: readonly string[],
    {
      env = {},
      input = '',
    }: { readonly env?: Readonly<Record<string, string>>; readonly input?: string } = {},
  ) {
    const log = join(directory, 'calls.jsonl')
    rmSync(log, { force: true })
    const { status, stdout, stderr } = spawnSync(join(directory, tool), args, {
      env: { PATH: process.env['PATH'] ?? '', LOCAL_TOOLS_LOG: log, ...env },
      input,
      encoding: 'utf8',
      timeout: 240_000,
    })
    return { status, stdout, stderr, calls: existsSync(log) ? readFileSync(log, 'utf8') : '' }
  }
  const AWS = { AWS_SESSION_TOKEN: 'token' }

  test('write down what they were called with', () => {
    const args = ['delete', 'namespace', 'preview-42', '--ignore-not-found', '--timeout=10m']
    const { status, calls } = run(['kubectl', ...args], { env: AWS })
    expect([status, JSON.parse(calls)]).toEqual([0, { tool: 'kubectl', args }])
  })

  test('never write down a password', () => {
    const args = ['login', 'ghcr.io', '--username', 'octocat', '--password-stdin']
    const { status, calls } = run(['docker', ...args], { input: 'hunter2\n' })
    expect([status, JSON.parse(calls)]).toEqual([0, { tool: 'docker', args }])
  })

  test.each([
    [
      'what they do not know',
      ['helm', 'upgrade', 'app', 'deploy/chart', '--namespace', 'x', '--atomic'],
      { env: AWS },
      2,
      'helm: unknown option "--atomic"\n',
    ],
    [
      'a password that is not there',
      ['docker', 'login', 'ghcr.io', '--username', 'octocat', '--password-stdin'],
      {},
      2,
      'docker: nothing came in on standard input\n',
    ],
    [
      'a host that is not the one of the run',
      ['gh', 'api', 'user'],
      {
        env: {
          GH_TOKEN: 'token',
          GITHUB_API_URL: 'http://127.0.0.1:1/api/v3',
          GITHUB_SERVER_URL: 'https://ghe.example.com',
        },
      },
      1,
      'gh: Bad credentials (HTTP 401): github.com was called in a run of ghe.example.com\n',
    ],
    [
      'to work without credentials',
      ['aws', 'eks', 'update-kubeconfig', '--name', 'previews'],
      {},
      1,
      'aws: Unable to locate credentials.\n',
    ],
  ])('refuse %s', (_, words, options, status, stderr) => {
    expect(run(words, options)).toMatchObject({ status, stderr })
  })
})
