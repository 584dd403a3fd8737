import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, test } from '@jest/globals'
import { type Behaviour, defaultBehaviour } from '../../local/aurora/behaviour.ts'
import type { PolicyDocument } from '../../local/aurora/iam.ts'
import { randomNumbers } from '../../local/bench/readiness.ts'
import { type LocalCloud, startLocalCloud } from '../../local/cloud.ts'
import { SimulatedClock } from '../../local/time/simulated-clock.ts'
import { CANCELLED, Driver } from '../../scripts/live/driver.ts'
import { clearAway } from '../../scripts/live/leftovers.ts'
import type { Report } from '../../scripts/live/report.ts'
import { SESSION_LIMITS } from '../../scripts/live/roles.ts'
import type { Role } from '../../scripts/live/script.ts'
import { LIVE_TAG, MYSQL_SOURCE, PREFIX, SOURCE, type Stage } from '../../scripts/live/stage.ts'
import { STEPS } from '../../scripts/live/steps.ts'
import { filled } from '../infra/filled.ts'
import { type Identity, keyOf, startIdentity } from './identity.ts'
import { ON_SIMULATED_TIME } from '../../local/time/node-flags.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const MINUTE_MS = 60_000
const REGION = 'eu-west-1'
const REPLICATION = 'logical'
const clouds: LocalCloud[] = []

afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.close()
})

/** The policies that docs/live-test.md has people make, and what a session leaves of them. */
function policiesFor(stage: Stage): Readonly<Record<Role, readonly PolicyDocument[]>> {
  const values = {
    ACCOUNT: stage.accountId,
    REGION,
    PREFIX,
    REPO_ID: stage.repositoryId,
    SOURCE: [SOURCE, MYSQL_SOURCE],
    CLONE_KEY: [],
    KEY_ID: [],
  }
  const clones = ['pull-requests.json', 'pull-requests-prepare.json'].map((name) => filled(name, values))
  const unfilled = readFileSync(join(ROOT, 'scripts', 'live', 'set-up-policy.json'), 'utf8')
  const setUp = unfilled.replaceAll('ACCOUNT', stage.accountId).replaceAll('REGION', REGION)
  const limited = (role: Role): readonly PolicyDocument[] => [
    ...clones,
    { Version: '2012-10-17', Statement: [SESSION_LIMITS[role]] } as PolicyDocument,
  ]
  return {
    'set-up': [JSON.parse(setUp) as PolicyDocument],
    clones,
    'clones-without-snapshots': limited('clones-without-snapshots'),
    'clones-with-their-tags': limited('clones-with-their-tags'),
  }
}

interface LiveTest {
  readonly cloud: LocalCloud
  readonly stage: Stage
  readonly stop: AbortController
  readonly driver: (signal?: AbortSignal) => Driver
}

/** An account in which this behaviour is AWS's. */
async function aLiveTest(
  behaviour: Partial<Behaviour> = {},
  { databases = false, ...settings }: Partial<Stage> & { readonly databases?: boolean } = {},
): Promise<LiveTest> {
  const clock = new SimulatedClock()
  const stage: Stage = {
    region: REGION,
    accountId: '123456789012',
    repository: 'aurora-clone-action',
    repositoryId: '4711',
    server: 'github.com',
    subnetGroup: '',
    kmsKeyId: '',
    replicationGroup: REPLICATION,
    securityGroupId: 'sg-0a1b2c3d4e5f67890',
    withMysql: true,
    withSlots: false,
    ...settings,
  }
  const policies = Object.entries(policiesFor(stage)).map(
    ([role, own]) => [keyOf(role as Role), own] as const,
  )
  const policiesOf = (key: string): readonly PolicyDocument[] | undefined => new Map(policies).get(key)
  const cloud = await startLocalCloud({ clock, behaviour, policiesOf, databases })
  clouds.push(cloud)
  cloud.region.seedClusterParameterGroup({ name: REPLICATION, family: 'aurora-postgresql16' })
  pauseTheIdle(cloud)
  const stop = new AbortController()
  const driver = (signal = stop.signal): Driver =>
    new Driver({
      stage,
      clock,
      credentials: (role) => ({ accessKeyId: keyOf(role), secretAccessKey: 's', sessionToken: 't' }),
      endpoint: cloud.aws.url,
      signal,
      onReport: () => undefined,
    })
  return { cloud, stage, stop, driver }
}

/** As AWS pauses a cluster that nothing has asked for five minutes; the local cloud leaves it to tests. */
function pauseTheIdle({ aws, clock, region }: LocalCloud): void {
  const askedAt = new Map<string, number>()
  aws.hooks.beforeApply = ({ operation, clusters: [identifier = ''] }) => {
    if (operation !== 'ExecuteStatement') return
    const since = clock.now() - (askedAt.get(identifier) ?? clock.now())
    if (since > 5 * MINUTE_MS) region.pauseCluster(identifier)
    askedAt.set(identifier, clock.now())
  }
}

/** The values of the switches that are not the default, or another time. */
const FLIPPED: Partial<Behaviour> = {
  clusterCreatingMs: 2 * MINUTE_MS,
  fullCopyCreatingMs: 50 * MINUTE_MS,
  instanceCreatingMs: 6 * MINUTE_MS,
  instanceStatusPath: [{ status: 'configuring-enhanced-monitoring', forMs: 20_000 }],
  deletingMs: 8 * MINUTE_MS,
  startingMs: 3 * MINUTE_MS,
  stoppingMs: 7 * MINUTE_MS,
  modifyingMs: 90_000,
  resettingMasterCredentialsMs: 75_000,
  secretCreatingMs: 60_000,
  resumingMs: 25_000,
  changingSecurityGroupsMs: 40_000,
  copyOnWriteLimit: 15,
  createInstanceWhileCreating: 'refuse',
  createInstanceWhileModifying: 'refuse',
  deleteClusterWhileCreating: 'accept',
  deleteInstanceWhileCreating: 'refuse',
  deleteClusterWithInstances: 'refuse',
  deletedCloneFreesItsSlot: 'when-deletion-starts',
  clonesOfClonesCount: false,
  unusableSourceFault: 'InvalidParameterCombination',
  cloneWhileAnotherIsBeingMade: 'refuse',
  dataApiOnClones: 'inherited',
  storageTypeOnClones: 'inherited',
  backtrackWithoutThatOfTheSource: 'accept',
  backtrack: 'fails',
  backtrackPendingMs: 25_000,
  backtrackStatuses: 'upper-case',
  backtrackingMs: 100_000,
  newPassword: 'silently-late',
  internetAccessGatewayOnClones: 'accept',
  instancesInheritClusterTags: true,
  instancesOfUnknownCluster: 'refuse',
  createSeesItsOwnTags: true,
  deleteChecksClusterSnapshot: true,
  latestRestorableLagMs: 5 * MINUTE_MS,
  tagsCountForAccessAfterMs: 15_000,
  notFoundAfterCreateMs: 30_000,
  availableAfterDeleteMs: 12_000,
  renamedClusterInstancesLagMs: 45_000,
  flapping: [
    { status: 'available', forMs: 10_000 },
    { status: 'creating', forMs: 30_000 },
  ],
  emptyLists: 'present',
}

/** Switches that the test leaves alone. */
const UNASKED: Readonly<Partial<Record<keyof Behaviour, string>>> = {
  clusterQuota: 'AWS shows it to the account (Service Quotas)',
  instanceQuota: 'the same',
  callsPerSecond: 'asking would take it from everything else in the account',
  ignoredByRestore: 'it makes the local cloud ignore inputs, to test a warning',
  coveredByAwsBackup: 'a matter of the account, and no question',
  pageCap: 'AWS documents it, and the account has too few clusters',
  listeningAfterMs: 'GitHub’s runners have no route to the clone',
  endpointAddress: 'where servers of the local cloud listen',
}
/** Only sixteen clones tell. */
const OF_SLOTS: readonly string[] = ['deletedCloneFreesItsSlot', 'clonesOfClonesCount', 'copyOnWriteLimit']
const SWITCHES = (Object.keys(defaultBehaviour) as (keyof Behaviour)[]).filter((name) => !(name in UNASKED))

interface Found {
  readonly name: string
  readonly value: unknown
}

function foundIn({ steps }: Report): readonly Found[] {
  return steps.flatMap(({ findings }) =>
    findings.flatMap(({ switch: name, value }) => (name === null ? [] : [{ name, value }])),
  )
}

/** A time is found by looking again and again: it is never too short, and hardly too long. */
function agrees(found: unknown, set: unknown): boolean {
  if (typeof set === 'number' && typeof found === 'number' && set >= 1_000)
    return found >= set && found <= set * 1.06 + 5_000
  if (Array.isArray(set) && Array.isArray(found)) {
    const [sets, founds] = [set, found] as unknown as readonly (readonly {
      status: string
      forMs: number
    }[])[]
    return (
      sets?.length === founds?.length &&
      (sets ?? []).every(({ status, forMs }, index) => {
        const other = founds?.[index]
        return other?.status === status && Math.abs(other.forMs - forMs) <= 5_000
      })
    )
  }
  return found === set
}

/** What the report says of the switches, against how they were set. */
function expectFound(report: Report, set: Behaviour): void {
  const failed = report.steps.filter(({ result }) => result === 'failed')
  expect(failed).toEqual([])
  const found = foundIn(report)
  const wrong = found.flatMap(({ name, value }) =>
    agrees(value, set[name as keyof Behaviour]) ? [] : [{ name, value, set: set[name as keyof Behaviour] }],
  )
  expect(wrong).toEqual([])
}

describe('the report finds out how AWS behaves', () => {
  test.each([
    ['by default', {}, 0],
    ['the other way', FLIPPED, null],
  ])('%s: every switch', async (_, behaviour, reachedMs) => {
    const { cloud, driver, stage } = await aLiveTest(behaviour, { withSlots: true })
    const report = await driver().playAll(STEPS)
    expectFound(report, { ...defaultBehaviour, ...behaviour })
    expect(new Set(foundIn(report).map(({ name }) => name))).toEqual(new Set(SWITCHES))
    expect(JSON.stringify(report)).not.toContain(stage.accountId)
    expect(JSON.stringify(report)).toContain('arn:aws:rds:eu-west-1:<account>:cluster:')
    expect(report.exchanges.length).toBeGreaterThan(500)
    const { findings = [] } = report.steps.find(({ number }) => number === 8) ?? {}
    expect(findings.at(-1)).toMatchObject({ switch: null, value: reachedMs })
    expect(await driver().play(clearAway(stage), 'Clear away')).toEqual([])
    expect(cloud.region.clusters()).toEqual([])
  })

  const seed = Number(process.env['LIVE_SEED'] ?? Date.now() % 1_000_000)

  test(`mixed, with LIVE_SEED=${seed}`, async () => {
    const random = randomNumbers(seed)
    const mixed = Object.fromEntries(Object.entries(FLIPPED).filter(() => random() < 0.5))
    const { driver } = await aLiveTest(mixed)
    const report = await driver().playAll(STEPS)
    try {
      expectFound(report, { ...defaultBehaviour, ...mixed })
      const asked = SWITCHES.filter((name) => !OF_SLOTS.includes(name))
      expect(new Set(foundIn(report).map(({ name }) => name))).toEqual(new Set(asked))
    } catch (error) {
      throw new Error(`LIVE_SEED=${seed}: ${Object.keys(mixed).join(', ')}`, { cause: error })
    }
  })
})

describe('Backtrack that AWS refuses', () => {
  const BACKTRACKED = STEPS.filter(({ number }) => [0, 8].includes(number))

  test('on a clone with a window', async () => {
    const { driver } = await aLiveTest({ backtrack: 'refused' })
    const report = await driver().playAll(BACKTRACKED)
    expect(foundIn(report)).toEqual([
      { name: 'backtrackWithoutThatOfTheSource', value: 'refuse' },
      { name: 'backtrack', value: 'refused' },
      { name: 'backtrackPendingMs', value: null },
      { name: 'backtrackingMs', value: null },
      { name: 'backtrackStatuses', value: null },
    ])
  })

  test('on the source: the other questions are asked', async () => {
    const { cloud, driver } = await aLiveTest()
    cloud.aws.faults.add({
      operation: 'CreateDBCluster',
      when: ({ BacktrackWindow }) => BacktrackWindow !== undefined,
      fault: { code: 'InvalidParameterCombination', message: 'Backtrack is not available here.' },
    })
    const report = await driver().playAll(BACKTRACKED)
    expect(report.steps.map(({ result }) => result)).toEqual(['played', 'played'])
    expect(foundIn(report)).toEqual([{ name: 'backtrackWithoutThatOfTheSource', value: 'refuse' }])
  })
})

describe('what is cleared away', () => {
  const FOREIGN = [
    { identifier: 'live-pr-9-of-others', tags: {} },
    { identifier: `${SOURCE}-copy`, tags: { [LIVE_TAG]: '4711' } },
    { identifier: MYSQL_SOURCE, tags: { [LIVE_TAG]: '4712' } },
  ]

  test.each([1, 4, 11])('all of it, when the test is cancelled after %d changes', async (changes) => {
    const { cloud, driver, stage, stop } = await aLiveTest({}, { withMysql: false })
    for (const seed of FOREIGN) cloud.region.seedCluster(seed)
    let left = changes
    cloud.aws.hooks.afterApply = ({ mutating }) => {
      if (mutating) left -= 1
      if (left === 0) stop.abort()
    }
    const { steps } = await driver().playAll(STEPS)
    expect(steps).toHaveLength(STEPS.length)
    expect(steps.at(-1)).toMatchObject({ result: 'left out', because: CANCELLED })
    expect(cloud.region.clusters().length).toBeGreaterThan(FOREIGN.length)

    delete cloud.aws.hooks.afterApply
    const clearing = driver(new AbortController().signal)
    expect(await clearing.play(clearAway(stage), 'Clear away')).toEqual([])
    const names = cloud.region.clusters().map(({ identifier }) => identifier)
    expect(names.toSorted()).toEqual(FOREIGN.map(({ identifier }) => identifier).toSorted())
  })

  test('a cluster that AWS does not delete is named', async () => {
    const { cloud, driver, stage } = await aLiveTest()
    const tags = { [LIVE_TAG]: stage.repositoryId }
    cloud.region.seedCluster({ identifier: SOURCE, tags })
    cloud.region.seedCluster({ identifier: 'live-pr-1-x', tags, deletionProtection: true })
    expect(await driver().play(clearAway(stage), 'Clear away')).toEqual(['live-pr-1-x'])
  })

  test('a listing that AWS refuses says nothing about what is left', async () => {
    const { cloud, driver, stage } = await aLiveTest()
    cloud.aws.deny('rds:DescribeDBClusters')
    expect(await driver().play(clearAway(stage), 'Clear away')).toEqual(['AWS does not say what is left'])
  })
})

/** As the workflow does it: its report is in this directory afterwards. */
function startCommand(
  command: 'play' | 'clear',
  { cloud, directory, identity }: { cloud: LocalCloud; directory: string; identity: Identity },
) {
  const child = spawn(
    process.execPath,
    [...ON_SIMULATED_TIME, join(ROOT, 'scripts/live/index.ts'), command],
    {
      cwd: directory,
      env: {
        ...cloud.clock.environment(),
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
        ACTIONS_ID_TOKEN_REQUEST_URL: identity.job.tokenUrl,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: identity.job.tokenBearer,
        AWS_ENDPOINT_URL_RDS: cloud.aws.url,
        AWS_ENDPOINT_URL_RDS_DATA: cloud.aws.url,
        AWS_ENDPOINT_URL_STS: identity.url,
        AWS_REGION: REGION,
        GITHUB_REPOSITORY: 'acme/aurora-clone-action',
        GITHUB_REPOSITORY_ID: '4711',
        GITHUB_SERVER_URL: 'https://github.com',
        LIVE_ROLE: 'arn:aws:iam::123456789012:role/aurora-clone-live',
        LIVE_SET_UP_ROLE: 'arn:aws:iam::123456789012:role/aurora-clone-live-set-up',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const followed = cloud.clock.follow?.(child, command)
  const said = text(child.stdout)
  const exit = once(child, 'close') as Promise<[number | null]>
  return {
    cancel: () => {
      child.kill('SIGINT')
      followed?.woken()
    },
    ended: async () => ({ exitCode: (await exit)[0], said: await said }),
  }
}

describe('the commands of the workflow', () => {
  test('a cancelled test leaves a report, and the next job clears away', async () => {
    const identity = await startIdentity()
    const directory = mkdtempSync(join(tmpdir(), 'live-'))
    try {
      const { cloud } = await aLiveTest()
      const restored = Promise.withResolvers<undefined>()
      cloud.aws.hooks.afterApply = ({ operation }) => {
        if (operation === 'RestoreDBClusterToPointInTime') restored.resolve(undefined)
      }
      const play = startCommand('play', { cloud, directory, identity })
      await restored.promise
      play.cancel()
      const played = await play.ended()
      expect(played.exitCode).toBe(1)
      expect(played.said).toContain('1. Ask for the instances of an unknown cluster: played')
      const report = JSON.parse(readFileSync(join(directory, 'live-report.json'), 'utf8')) as Report
      expect(report.steps.at(-1)).toMatchObject({ result: 'left out', because: CANCELLED })
      expect(report.exchanges.map(({ operation }) => operation)).toContain('RestoreDBClusterToPointInTime')
      expect(cloud.region.clusters().length).toBeGreaterThan(0)

      const cleared = await startCommand('clear', { cloud, directory, identity }).ended()
      expect(cleared).toEqual({ exitCode: 0, said: '' })
      expect(cloud.region.clusters()).toEqual([])
    } finally {
      identity.close()
      rmSync(directory, { recursive: true })
    }
  })

  test('without a source there is no test', async () => {
    const { cloud, driver } = await aLiveTest()
    cloud.region.seedCluster({ identifier: SOURCE })
    const { steps } = await driver().playAll(STEPS)
    expect(steps[0]).toMatchObject({ result: 'failed', because: expect.stringContaining('AlreadyExists') })
    expect(new Set(steps.slice(1).map(({ because }) => because))).toEqual(new Set(['there is no source']))
    expect(cloud.region.clusters()).toHaveLength(1)
  })

  test('a cluster that stays fails the job', async () => {
    const identity = await startIdentity()
    const directory = mkdtempSync(join(tmpdir(), 'live-'))
    try {
      const { cloud } = await aLiveTest()
      cloud.region.seedCluster({ identifier: SOURCE, tags: { [LIVE_TAG]: '4711' }, deletionProtection: true })
      const cleared = await startCommand('clear', { cloud, directory, identity }).ended()
      expect(cleared).toEqual({ exitCode: 1, said: `LEFT: ${SOURCE}\n` })
    } finally {
      identity.close()
      rmSync(directory, { recursive: true })
    }
  })
})

describe('what was written right before the clone was made', () => {
  const CLONED = STEPS.filter(({ name }) =>
    [
      'Set up',
      'Clone the source, and read the first answer',
      'Create the writer at once',
      'Look until the writer is available',
      'Let RDS make the secret',
      'Look for the row that was written last',
    ].includes(name),
  )

  test.each([
    [false, [[{ longValue: 1 }]]],
    [true, 'not a row'],
  ])('LatestRestorableTime stands still: %s', async (isHeld, value) => {
    const { cloud, driver } = await aLiveTest({}, { withMysql: false, databases: true })
    cloud.aws.hooks.beforeApply = async ({ operation, input }) => {
      if (!isHeld || operation !== 'ExecuteStatement' || !String(input['sql']).startsWith('CREATE')) return
      cloud.region.holdRestorableTime(SOURCE)
      await cloud.databases?.settle()
    }
    const { steps } = await driver().playAll(CLONED)
    expect(steps.at(-1)?.findings).toEqual([expect.objectContaining({ switch: null, value })])
  })
})
