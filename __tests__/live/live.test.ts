import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { defaultBehaviour } from '../../local/aurora/behaviour.ts'
import { PARAMETERS } from '../../infra/stack.ts'
import { type Look, backtrackFindings } from '../../scripts/live/backtrack.ts'
import { phases } from '../../scripts/live/clusters.ts'
import { timeline } from '../../scripts/live/first-clone.ts'
import { isOurs } from '../../scripts/live/leftovers.ts'
import { type Try, passwordFindings } from '../../scripts/live/own-password.ts'
import { masked } from '../../scripts/live/report.ts'
import { jobCredentials } from '../../scripts/live/roles.ts'
import { type Finding, verdict } from '../../scripts/live/script.ts'
import { readSettings } from '../../scripts/live/settings.ts'
import { slotFindings } from '../../scripts/live/slots.ts'
import { LIVE_TAG, MYSQL_SOURCE, PLAIN_SOURCE, SOURCE, cloneOf } from '../../scripts/live/stage.ts'
import { STEPS } from '../../scripts/live/steps.ts'
import { type Identity, keyOf, startIdentity } from './identity.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

const ENVIRONMENT = {
  AWS_REGION: 'eu-west-1',
  GITHUB_REPOSITORY: 'acme/aurora-clone-action',
  GITHUB_REPOSITORY_ID: '4711',
  GITHUB_SERVER_URL: 'https://github.com',
  LIVE_ROLE: 'arn:aws:iam::111122223333:role/aurora-clone-live',
  LIVE_SET_UP_ROLE: 'arn:aws:iam::111122223333:role/aurora-clone-live-set-up',
}
const { stage } = readSettings(ENVIRONMENT)

const valuesOf = (findings: readonly Finding[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(findings.map(({ switch: name, value }) => [name ?? '', value]))

describe('the settings', () => {
  test('are those of the job', () => {
    expect(stage).toMatchObject({
      accountId: '111122223333',
      region: 'eu-west-1',
      repository: 'aurora-clone-action',
      repositoryId: '4711',
      server: 'github.com',
      withMysql: false,
      withSlots: false,
    })
  })

  test.each([
    ['without a role', { LIVE_ROLE: '' }, 'LIVE_ROLE is not set'],
    ['with the name of a role', { LIVE_ROLE: 'aurora-clone-live' }, 'expected the ARN'],
    ['with roles of two accounts', { LIVE_ROLE: 'arn:aws:iam::999988887777:role/a' }, 'different accounts'],
    ['without a Region', { AWS_REGION: '' }, 'AWS_REGION is not set'],
  ])('%s there is no test', (_, change, message) => {
    expect(() => readSettings({ ...ENVIRONMENT, ...change })).toThrow(message)
  })
})

describe('what may be cleared away', () => {
  const tagged = (value: string, key: string = LIVE_TAG) => [{ Key: key, Value: value }]
  const clone = cloneOf(stage, 7).identifier

  test.each([
    ['a source', SOURCE, tagged('4711'), true],
    ['the other source', MYSQL_SOURCE, tagged('4711'), true],
    ['the one without Backtrack', PLAIN_SOURCE, tagged('4711'), true],
    ['a clone', clone, tagged('4711'), true],
    ['a clone that was renamed', `${clone}-r`, tagged('4711'), true],
    ['the name without the tag', clone, [], false],
    ['the name with the tag of another repository', clone, tagged('47111'), false],
    ['the name with another tag', clone, tagged('4711', 'aurora-clone:version'), false],
    ['the tag without the name', 'orders', tagged('4711'), false],
    ['a name that only begins so', `${SOURCE}-2`, tagged('4711'), false],
    ['a clone of another prefix', clone.replace('live-', 'clone-'), tagged('4711'), false],
    ['a clone with a key', 'live-nightly-shop-0123456789abcdef', tagged('4711'), false],
  ])('%s', (_, DBClusterIdentifier, TagList, expected) => {
    expect(isOurs({ DBClusterIdentifier, TagList }, stage)).toBe(expected)
  })

  test('nothing that AWS says nothing of', () => {
    expect(isOurs({}, stage)).toBe(false)
    expect(isOurs({ DBClusterIdentifier: clone }, stage)).toBe(false)
  })
})

describe('what answers mean', () => {
  const answered = (code?: string) => ({
    askedAtMs: 0,
    atMs: 0,
    ...(code === undefined ? {} : { fault: { code, message: 'why' } }),
  })

  test.each([
    [undefined, 'accept'],
    ['InvalidDBClusterStateFault', 'refuse'],
    ['AccessDenied', null],
    ['DBClusterQuotaExceededFault', null],
    ['ThrottlingException', null],
  ])('%s: %s', (code, expected) => {
    expect(verdict(answered(code), 'InvalidDBClusterStateFault')).toBe(expected)
  })

  test('a status lasts until the next one is seen, and the last has no end', () => {
    expect(
      phases([
        { status: 'creating', atMs: 10 },
        { status: 'available', atMs: 70 },
        { status: 'creating', atMs: 80 },
        { status: 'available', atMs: 110 },
      ]),
    ).toEqual([
      { status: 'creating', forMs: 60 },
      { status: 'available', forMs: 10 },
      { status: 'creating', forMs: 30 },
    ])
  })

  const cluster = [
    { status: 'creating', atMs: 1_000 },
    { status: 'available', atMs: 61_000 },
  ]
  const writer = [
    { status: 'not found', atMs: 1_000 },
    { status: 'creating', atMs: 5_000 },
    { status: 'modifying', atMs: 300_000 },
    { status: 'available', atMs: 310_000 },
  ]

  test.each([
    [
      'asked for at once',
      { restoredAtMs: 1_000, writerAskedAtMs: 1_500, cluster, writer },
      { clusterCreatingMs: 60_000, flapping: [], instanceCreatingMs: 239_000 },
    ],
    [
      'asked for later',
      { restoredAtMs: 1_000, writerAskedAtMs: 100_000, cluster, writer },
      { instanceCreatingMs: 200_000, instanceStatusPath: [{ status: 'modifying', forMs: 10_000 }] },
    ],
    [
      'never available',
      {
        restoredAtMs: 1_000,
        writerAskedAtMs: 1_500,
        cluster: cluster.slice(0, 1),
        writer: writer.slice(0, 2),
      },
      { clusterCreatingMs: null, flapping: null, instanceCreatingMs: null, instanceStatusPath: null },
    ],
    [
      'looked at too late to see it being created',
      { restoredAtMs: 1_000, writerAskedAtMs: 1_500, cluster: cluster.slice(1), writer },
      { flapping: null },
    ],
  ])('the times of a writer: %s', (_, seen, expected) => {
    expect(valuesOf(timeline(seen))).toMatchObject(expected)
  })

  const tries = (...all: readonly (readonly [number, string, Try['login']])[]): readonly Try[] =>
    all.map(([atMs, status, login]) => ({ atMs, status, login }))
  const RESETTING = 'resetting-master-credentials'

  test.each([
    ['the status shows it', tries([2, RESETTING, 'other'], [30, 'available', 'in']), ['shown-in-status', 28]],
    [
      'it is silently late',
      tries([2, 'available', 'refused'], [30, 'available', 'refused'], [40, 'available', 'in']),
      ['silently-late', 40],
    ],
    [
      'both: the login decides when it counts',
      tries([2, RESETTING, 'refused'], [30, 'available', 'refused'], [40, 'available', 'in']),
      ['shown-in-status', 40],
    ],
    ['neither', tries([2, 'available', 'in'], [30, 'available', 'in']), [null, null]],
    ['it never counts', tries([2, 'available', 'refused'], [30, 'available', 'refused']), [null, null]],
  ])('a new password: %s', (_, all, [newPassword, resettingMasterCredentialsMs]) => {
    expect(valuesOf(passwordFindings(answered(), all))).toEqual({ newPassword, resettingMasterCredentialsMs })
  })

  const TO_MS = 60_000
  const looks = (...all: readonly (readonly [number, string, string])[]): readonly Look[] =>
    all.map(([atMs, backtrack, status]) => ({
      atMs,
      backtrack,
      cluster: status,
      writer: status,
      reachedAtMs: 57_000,
    }))

  test.each([
    [
      'it completes',
      looks([1, 'PENDING', 'available'], [4, 'APPLYING', 'backtracking'], [9, 'COMPLETED', 'available']),
      ['completes', 4, 8, 'upper-case', -3_000],
    ],
    [
      'it is listed late, and never seen pending',
      looks([1, 'DBClusterBacktrackNotFoundFault', 'available'], [9, 'completed', 'available']),
      ['completes', 9, 8, 'lower-case', -3_000],
    ],
    [
      'it begins at once, and fails',
      looks([1, 'applying', 'backtracking'], [9, 'failed', 'available']),
      ['fails', 0, 9, 'lower-case', undefined],
    ],
    [
      'it has no end, and both cases',
      looks([1, 'PENDING', 'available'], [9, 'applying', 'backtracking']),
      [null, 9, null, null, undefined],
    ],
    ['it may not be listed', looks([1, 'AccessDenied', 'available']), [null, null, null, null, undefined]],
  ])(
    'a backtrack: %s',
    (_, seen, [backtrack, backtrackPendingMs, backtrackingMs, backtrackStatuses, offMs]) => {
      const findings = backtrackFindings({ asked: answered(), toMs: TO_MS, looks: seen })
      const { '': reached, ...switches } = valuesOf(findings)
      expect(switches).toEqual({ backtrack, backtrackPendingMs, backtrackingMs, backtrackStatuses })
      expect(reached).toBe(offMs ?? null)
    },
  )

  test.each([
    ['InvalidDBClusterStateFault', 'refused'],
    ['InvalidParameterCombination', 'refused'],
    ['AccessDenied', null],
  ])('a backtrack that is answered with %s: %s', (code, expected) => {
    const findings = backtrackFindings({ asked: answered(code), toMs: TO_MS, looks: [] })
    expect(findings.flatMap(({ value }) => (value === null ? [] : [value]))).toEqual(
      expected === null ? [] : [expected],
    )
  })

  test('what was shown during a backtrack is told where it changed', () => {
    const seen = looks(
      [1, 'pending', 'available'],
      [3, 'pending', 'available'],
      [5, 'pending', 'backtracking'],
      [9, 'completed', 'available'],
    )
    const shown = backtrackFindings({ asked: answered(), toMs: TO_MS, looks: seen }).find(({ value }) =>
      Array.isArray(value),
    )
    expect(shown?.value).toEqual([
      { afterMs: 1, backtrack: 'pending', cluster: 'available', writer: 'available' },
      { afterMs: 5, backtrack: 'pending', cluster: 'backtracking', writer: 'backtracking' },
      { afterMs: 9, backtrack: 'completed', cluster: 'available', writer: 'available' },
    ])
  })

  const clones = Array.from({ length: 15 }, (_, index) => ({ number: index + 1, tookMs: 60_000 }))
  const made = (number: number, minutes?: number) => ({
    number,
    tookMs: minutes === undefined ? undefined : minutes * 60_000,
  })

  test.each([
    ['the sixteenth is full', [made(16, 30)], made(18, 30), [true, 'when-gone', 15]],
    [
      'the seventeenth is full',
      [made(16, 1), made(17, 30)],
      made(18, 1),
      [false, 'when-deletion-starts', 15],
    ],
    ['none is slower', [made(16, 1), made(17, 2)], made(18, 1), [null, null, null]],
    ['the last one was refused', [made(16, 30)], made(18), [true, null, 15]],
  ] as const)('sixteen clones: %s', (_, next, afterwards, expected) => {
    const { clonesOfClonesCount, deletedCloneFreesItsSlot, copyOnWriteLimit } = valuesOf(
      slotFindings({ clones, next, afterwards }),
    )
    expect([clonesOfClonesCount, deletedCloneFreesItsSlot, copyOnWriteLimit]).toEqual(expected)
  })

  test('a clone that was not made says nothing about the others', () => {
    const some = [...clones.slice(1), made(1)]
    const findings = slotFindings({ clones: some, next: [made(16, 30)], afterwards: made(18, 30) })
    expect(findings.map(({ value }) => value)).toEqual([null, null, null, null])
  })
})

test('the report has neither the account nor a password', () => {
  const value = {
    MasterUserPassword: 'secret',
    ManageMasterUserPassword: true,
    arns: ['arn:aws:rds:eu-west-1:111122223333:cluster:a'],
    at: new Date(0),
    $metadata: { requestId: 'x' },
    fault: { code: 'AccessDenied', message: 'User: arn:aws:sts::111122223333:assumed-role/a/b' },
  }
  expect(masked(value, '111122223333')).toEqual({
    MasterUserPassword: '<password>',
    ManageMasterUserPassword: true,
    arns: ['arn:aws:rds:eu-west-1:<account>:cluster:a'],
    at: '1970-01-01T00:00:00.000Z',
    fault: { code: 'AccessDenied', message: 'User: arn:aws:sts::<account>:assumed-role/a/b' },
  })
})

describe('the credentials of a job', () => {
  const servers: Identity[] = []

  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })

  async function aJob(tokenStatus = 200) {
    const server = await startIdentity(tokenStatus)
    servers.push(server)
    const { clonesRole, setUpRole } = readSettings(ENVIRONMENT)
    const { asked, job, url: endpoint } = server
    return {
      asked,
      credentials: jobCredentials({ ...job, clonesRole, setUpRole, endpoint, region: 'eu-west-1' }),
    }
  }

  async function credentialsFrom(provider: ReturnType<ReturnType<typeof jobCredentials>>) {
    if (typeof provider !== 'function') throw new Error('these credentials would never be renewed')
    return await provider()
  }

  test.each([
    ['set-up', ENVIRONMENT.LIVE_SET_UP_ROLE, undefined],
    ['clones', ENVIRONMENT.LIVE_ROLE, undefined],
    ['clones-without-snapshots', ENVIRONMENT.LIVE_ROLE, 'rds:DeleteDBCluster'],
    ['clones-with-their-tags', ENVIRONMENT.LIVE_ROLE, 'rds:CreateDBInstance'],
  ] as const)('%s: those of its role, less what its session may not', async (role, arn, denied) => {
    const { asked, credentials } = await aJob()
    expect(await credentialsFrom(credentials(role))).toEqual({
      accessKeyId: keyOf(role),
      secretAccessKey: 's',
      sessionToken: 't',
      expiration: new Date('2066-01-01T00:00:00Z'),
    })
    const [call] = asked
    expect(call?.get('RoleArn')).toBe(arn)
    expect(call?.get('WebIdentityToken')).toBe('token for sts.amazonaws.com')
    const policy = call?.get('Policy') ?? undefined
    expect(policy === undefined).toBe(denied === undefined)
    if (policy !== undefined)
      expect(JSON.parse(policy)).toMatchObject({
        Statement: [
          { Effect: 'Allow', Action: ['*'] },
          { Effect: 'Deny', Action: [denied] },
        ],
      })
  })

  test('there are none without a token', async () => {
    const { asked, credentials } = await aJob(403)
    await expect(credentialsFrom(credentials('clones'))).rejects.toThrow(
      'GitHub gave no token: HTTP status 403',
    )
    expect(asked).toEqual([])
  })
})

describe('docs/live-test.md', () => {
  const page = read('docs/live-test.md')
  const rows = [...page.matchAll(/^\| (\d+) +\| .* \| (.*?) +\|$/gm)].map(([, number, names = '']) => ({
    number: Number(number),
    names: [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  }))

  test('has a row for each step, with switches that there are', () => {
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 13 }, (_, index) => index + 1))
    const numbers = new Set(STEPS.map(({ number }) => number))
    expect([...numbers].toSorted((one, other) => one - other)).toEqual([
      0,
      ...rows.map(({ number }) => number),
    ])
    const names = rows.flatMap((row) => row.names)
    expect(new Set(names).size).toBe(names.length)
    expect(Object.keys(defaultBehaviour)).toEqual(expect.arrayContaining(names))
  })

  test('names each switch that a script settles', () => {
    const scripts = ['backtrack', 'first-clone', 'own-password', 'slots', 'sources', 'tags'].map((name) =>
      read(`scripts/live/${name}.ts`),
    )
    const settled = scripts.flatMap((script) =>
      [...script.matchAll(/switch: '(\w+)'/g)].map(([, name]) => name),
    )
    expect([...new Set(settled)].toSorted()).toEqual(rows.flatMap(({ names }) => names).toSorted())
  })

  test('has commands that make the roles that live.yml assumes', () => {
    const commands = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, command = '']) => command)
    const words = execFileSync('bash', ['-euc', `aws() { printf '%s\\0' "$@"; }\n${commands.join('\n')}`], {
      cwd: ROOT,
    })
      .toString()
      .split('\0')
    const settings = words.filter((word) => /^[A-Z]\w*=/.test(word)).map((word) => word.split('=')[0] ?? '')
    expect(Object.keys(PARAMETERS)).toEqual(expect.arrayContaining(settings))
    const required = Object.entries(PARAMETERS).filter(([, { Default }]) => Default === undefined)
    expect(settings).toEqual(expect.arrayContaining(required.map(([name]) => name)))
    for (const source of [SOURCE, MYSQL_SOURCE]) expect(words.join(' ')).toContain(`:cluster:${source}`)
    const documents = words.filter((word) => word.startsWith('{'))
    expect(documents).toHaveLength(2)
    for (const document of documents) {
      expect(JSON.parse(document)).toMatchObject({ Version: '2012-10-17' })
      expect(document).not.toMatch(/\b(?:ACCOUNT|BRANCH|ORG|ORG_ID|REGION|REPO|REPO_ID)\b/)
    }
  })
})

describe('live.yml', () => {
  interface Job {
    readonly if?: string
    readonly needs?: string | readonly string[]
    readonly environment?: string
    readonly permissions: Readonly<Record<string, string>>
    readonly steps: readonly { readonly if?: string; readonly run?: string }[]
  }
  const { on, jobs, env } = parse(read('.github/workflows/live.yml')) as {
    readonly on: Readonly<Record<string, unknown>>
    readonly env: Readonly<Record<string, string>>
    readonly jobs: Readonly<Record<'approve' | 'play' | 'clear', Job>>
  }

  test('is started by hand alone, and asks before it gets credentials', () => {
    expect(Object.keys(on)).toEqual(['workflow_dispatch'])
    expect(jobs.approve.environment).toBe('live')
    expect(jobs.approve.permissions).not.toHaveProperty('id-token')
    expect(jobs.play.needs).toBe('approve')
  })

  test('clears away whatever became of the test', () => {
    expect(jobs.clear.needs).toEqual(['approve', 'play'])
    expect(jobs.clear.if).toBe("always() && needs.approve.result == 'success'")
    expect(jobs.clear.steps.map(({ run }) => run)).toContain('exec node scripts/live/index.ts clear')
  })

  test('hands over all that the script reads', () => {
    const names = [...read('scripts/live/settings.ts').matchAll(/'((?:AWS|LIVE)_\w+)'/g)].map(
      ([, name]) => name,
    )
    expect(Object.keys(env).toSorted()).toEqual([...new Set(names)].toSorted())
  })
})
