import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { plantTools } from './runner-tools/planted-tools.ts'

const ROOT = join(import.meta.dirname, '..')
const TOOLS = plantTools()

afterAll(() => {
  rmSync(TOOLS, { recursive: true })
})

const { jobs } = parse(readFileSync(join(ROOT, 'examples', 'comment-commands.yml'), 'utf8')) as {
  readonly jobs: { readonly command: { readonly steps: readonly { readonly run: string }[] } }
}
const script = jobs.command.steps[0]?.run ?? ''

interface Outcome {
  readonly exitCode: number | null
  readonly log: string
  readonly outputs: readonly string[]
  /** What changed something. */
  readonly changes: readonly string[]
}

/** Runs the script of the example with the `gh` of the local runner and a GitHub that knows one pull request. */
async function comment(
  text: string,
  {
    commenter = 'octocat',
    labels = [],
    state = 'open',
    permission = 'write',
    serverUrl = 'https://github.com',
  }: {
    readonly commenter?: string
    readonly labels?: readonly string[]
    readonly permission?: string
    readonly serverUrl?: string
    readonly state?: string
  } = {},
): Promise<Outcome> {
  const changes: string[] = []
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { method = '', url = '' } = request
      response.setHeader('content-type', 'application/json')
      if (url === `/repos/org/orders/collaborators/${commenter}/permission`) {
        response.end(JSON.stringify({ permission }))
      } else if (method === 'GET' && url === '/repos/org/orders/pulls/42') {
        response.end(JSON.stringify({ state, labels: labels.map((name) => ({ name })) }))
      } else {
        changes.push(`${method} ${url} ${body}`.trim())
        response.end('[]')
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const directory = mkdtempSync(join(tmpdir(), 'comment-'))
  const output = join(directory, 'output')
  const file = join(directory, 'script.sh')
  writeFileSync(output, '')
  writeFileSync(file, script)
  try {
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', file], {
      cwd: directory,
      env: {
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
        PATH: [TOOLS, process.env['PATH'] ?? ''].join(delimiter),
        COMMENT: text,
        COMMENTER: commenter,
        GH_ENTERPRISE_TOKEN: 'token',
        GH_TOKEN: 'token',
        GITHUB_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        GITHUB_OUTPUT: output,
        GITHUB_SERVER_URL: serverUrl,
        LABEL: 'clone-db',
        NUMBER: '42',
        REPOSITORY: 'org/orders',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 240_000,
    })
    let log = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        log += chunk
      })
    }
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject).on('close', resolve)
    })
    return { exitCode, log, outputs: readFileSync(output, 'utf8').split('\n').filter(Boolean), changes }
  } finally {
    server.closeAllConnections()
    server.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += String(chunk)
  return body
}

const ADD = 'POST /repos/org/orders/issues/42/labels {"labels":["clone-db"]}'
const REMOVE = 'DELETE /repos/org/orders/issues/42/labels/clone-db'
const accepted = ({ ttl = '', hold = '', reset = false } = {}): readonly string[] => [
  'accepted=true',
  `ttl=${ttl}`,
  `hold=${hold}`,
  `reset=${String(reset)}`,
]

describe('a command in a comment', () => {
  test.each([
    ['/clone', [], [ADD], accepted()],
    ['/clone', ['clone-db'], [], accepted()],
    ['/clone  \r\nplease', ['docs'], [ADD], accepted()],
    ['/destroy', ['docs', 'Clone-DB'], [REMOVE], accepted()],
    ['/destroy', [], [], accepted()],
    ['/keep 3d', ['clone-db'], [], accepted({ ttl: '3d' })],
    ['/keep 48h', ['clone-db'], [], accepted({ ttl: '48h' })],
    ['/reset', ['Clone-DB'], [], accepted({ reset: true })],
    ['/hold', ['clone-db'], [], accepted({ hold: 'true' })],
    ['/hold off', ['clone-db'], [], accepted({ hold: 'false' })],
    ['/hold 2999-12-01T00:00:00Z', ['clone-db'], [], accepted({ hold: '2999-12-01T00:00:00Z' })],
  ])('%j with the labels %j', async (text, labels, changes, outputs) => {
    expect(await comment(text, { labels })).toMatchObject({ exitCode: 0, changes, outputs })
  })

  test.each([
    '/keep',
    '/keep forever',
    '/keep 3d 4d',
    '/keep 0d',
    '/keep 3d;id',
    '/hold tomorrow',
    '/hold 2999-12-01T00:00:00Z\tnow',
    '/hold 2026-11-20T23:59:59Z',
    '/hold $(id)',
    '/clone everything',
    '/reset now',
  ])('%j is refused', async (text) => {
    const { exitCode, changes, log, outputs } = await comment(text, { labels: ['clone-db'] })
    expect({ exitCode, changes, outputs }).toEqual({ exitCode: 1, changes: [], outputs: [] })
    expect(log).toMatch(/^::error title=Command refused::.+\.\n$/)
    expect(log).not.toMatch(/id\)|forever|tomorrow|everything|now/)
  })

  test.each(['/deploy', '/cloned', '/', '/keep3d', '/CLONE', '/ clone', '/*', "/';id;'"])(
    '%j is for somebody else',
    async (text) => {
      const log = 'This is a command for somebody else.\n'
      expect(await comment(text)).toEqual({ exitCode: 0, log, outputs: [], changes: [] })
    },
  )

  test.each(['/clone', '/keep 3d', '/reset'])('%s is refused on a closed pull request', async (text) => {
    const outcome = await comment(text, { labels: ['clone-db'], state: 'closed' })
    expect(outcome).toMatchObject({ exitCode: 1, outputs: [], changes: [] })
    expect(outcome.log).toContain('This pull request is closed')
  })

  test.each([
    ['/hold', { labels: ['clone-db'], state: 'closed' }, accepted({ hold: 'true' })],
    ['/hold off', { labels: ['clone-db'], state: 'closed' }, accepted({ hold: 'false' })],
    ['/hold off', {}, accepted({ hold: 'false' })],
  ])('%s on %j goes through: a hold is for what is left over, too', async (text, pull, outputs) => {
    expect(await comment(text, pull)).toMatchObject({ exitCode: 0, changes: [], outputs })
  })

  test.each(['read', 'none', 'triage'])('is refused from who may only %s', async (permission) => {
    const outcome = await comment('/reset', { permission, labels: ['clone-db'] })
    expect(outcome).toMatchObject({ exitCode: 1, outputs: [], changes: [] })
    expect(outcome.log).toContain('Only people with write access')
  })

  test('is taken from an administrator', async () => {
    expect(await comment('/clone', { permission: 'admin' })).toMatchObject({ exitCode: 0, changes: [ADD] })
  })

  test.each(['octo-cat', 'maria_acme'])('is taken from %s, as a name may be', async (commenter) => {
    // With an underscore: those of Enterprise Managed Users.
    expect(await comment('/clone', { commenter })).toMatchObject({ exitCode: 0, changes: [ADD] })
  })

  test('a hold that would have ended already is refused with its reason', async () => {
    const { log } = await comment('/hold 2026-11-20T23:59:59Z', { labels: ['clone-db'] })
    expect(log).toContain('That time has passed')
  })

  test.each(['dependabot[bot]', '../../admin', 'a b', 'a/b', '', 'a\nb'])(
    'is refused from %j, who is no person',
    async (commenter) => {
      const outcome = await comment('/clone', { commenter })
      expect(outcome).toMatchObject({ exitCode: 1, outputs: [], changes: [] })
    },
  )

  test.each(['https://ghe.example.com', 'https://acme.ghe.com'])('is taken on %s', async (serverUrl) => {
    expect(await comment('/clone', { serverUrl })).toMatchObject({ exitCode: 0, changes: [ADD] })
  })

  test.each(['/keep 3d', '/hold', '/reset'])('%j needs a database', async (text) => {
    const outcome = await comment(text, { labels: ['docs'] })
    expect(outcome).toMatchObject({ exitCode: 1, outputs: [], changes: [] })
    expect(outcome.log).toContain('Write /clone first')
  })
})
