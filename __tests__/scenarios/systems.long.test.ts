import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { type WorkflowEvent, scheduleEvent } from '../../local/github/events.ts'
import type { GitFiles } from '../../local/github/git-objects.ts'
import { type Row, connectTo } from '../../local/database/sql-client.ts'
import type { RunResult } from '../../local/runner/run-result.ts'
import type { Engine } from '../../local/team.ts'
import { splitSql } from '../../src/sanitise/split/index.ts'
import { describeMysql } from './private-shop.ts'
import { DAY_MS, HOUR_MS, SANITISING, letTimePass } from './seeded-clones.ts'
import { staying } from './staying.ts'
import {
  EXAMPLE_SOURCE,
  type Team,
  type TeamOptions,
  actionStep,
  annotationsOf,
  describeRun,
  jobOf,
  teamIn,
  workflowPath,
} from './team.ts'
import { aToolsLog } from './tools-log.ts'
import { labelEvent } from './workflow-calls.ts'
import { LABEL, type World, type WorldOptions, aTableWorld, aWorld } from './world.ts'

// The systems of others that the action takes the place of: each as its example has it, with real rows, under the roles of policies/.

const ROOT = join(import.meta.dirname, '..', '..')
const PRODUCTION = 'orders-production'
const PASSWORD = 'master of production'
const ACCOUNT = '111122223333'
const QUARANTINE = 'sg-0a1b2c3d4e5f67890'
const TAG_OF_THE_RELEASE = 'v2.4.0'
const MASTER: Readonly<Record<Engine, string>> = { 'aurora-postgresql': 'postgres', 'aurora-mysql': 'admin' }

const SET_UP = `
  CREATE TABLE orders (id integer PRIMARY KEY, email varchar(60) NOT NULL);
  INSERT INTO orders VALUES (1, 'ada@example.com'), (2, 'bob@example.com'), (3, 'cleo@example.com')`

/** The manifest that the example has in its head. */
const MANIFEST = (/^# {3}apiVersion: apps[^]+?(?=^[^#])/m.exec(example('deployment-manifest.yml'))?.[0] ?? '')
  .split('\n')
  .map((line) => line.replace(/^# {3}/, ''))
  .join('\n')

const FILES: GitFiles = { ...SANITISING, 'deploy/preview.yml': MANIFEST }

/** A script of the team's, for either engine: prints the rows of its last statement. */
function script(engine: Engine, sql: string): GitFiles[string] {
  const client = join(ROOT, 'local', 'database', 'sql-client.ts')
  const content = `#!${process.execPath}
import { connectTo } from ${JSON.stringify(client)}
const { DATABASE_HOST: host, DATABASE_NAME: database, DATABASE_PASSWORD: password, DATABASE_PORT, DATABASE_USER: user } = process.env
const client = await connectTo('${engine}', { host, port: Number(DATABASE_PORT), user, password, database })
console.log(JSON.stringify(await client.query(${JSON.stringify(sql)})))
await client.close()
`
  return { mode: '100755', content }
}

const release = (engine: Engine): GitFiles => ({
  ...FILES,
  // Without the way back, the second time there would be this column already, and no row.
  'release/install': script(engine, 'ALTER TABLE orders ADD COLUMN note varchar(10)'),
  'release/test': script(
    engine,
    'CREATE TABLE seen AS SELECT id, note FROM orders; DELETE FROM orders; SELECT * FROM seen ORDER BY id',
  ),
})

function example(name: string): string {
  return readFileSync(join(ROOT, 'examples', name), 'utf8')
}

const onPostgresql = (text: string): string => text.replaceAll(/^ +backtrack-window: .*\n/gm, '')

function seedWith(world: World, engine: Engine, identifier: string, backtrackWindow = 0): void {
  world.seedForeign({
    identifier,
    engine,
    databaseName: 'shop',
    masterUsername: MASTER[engine],
    masterPassword: PASSWORD,
    backtrackWindow,
  })
}

/** Asks one question of a database. */
async function ask(
  { clock }: World,
  engine: Engine,
  { sql, ...login }: { readonly port: number; readonly password?: string; readonly sql: string },
): Promise<readonly Row[]> {
  const host = '127.0.0.1'
  const master = { host, user: MASTER[engine], password: PASSWORD, database: 'shop' }
  const client = await connectTo(engine, { ...master, ...login }, clock)
  try {
    return await client.query(sql)
  } finally {
    await client.close()
  }
}

async function fill(world: World, engine: Engine, identifier: string): Promise<void> {
  const { cloud } = world
  await cloud.databases?.settle()
  await cloud.clock.sleep(1)
  await ask(world, engine, { port: cloud.region.cluster(identifier)?.endpoint.port ?? 0, sql: SET_UP })
}

/** As an application would. */
const emailsAt = async (world: World, login: { readonly port: number; readonly password?: string }) =>
  (await ask(world, 'aurora-postgresql', { ...login, sql: 'SELECT email FROM orders ORDER BY id' })).map(
    ({ email }) => email,
  )

const MASKED = ['order1@masked.invalid', 'order2@masked.invalid', 'order3@masked.invalid']
const RAW = ['ada@example.com', 'bob@example.com', 'cleo@example.com']

function conclusionsOf({ jobs }: RunResult): Readonly<Record<string, string>> {
  return Object.fromEntries(jobs.map(({ id, conclusion }) => [id, conclusion]))
}

interface System {
  readonly team: Team
  readonly calls: () => readonly string[]
}

async function aSystem(world: World, options: Omit<TeamOptions, keyof WorldOptions>): Promise<System> {
  const { file, calls } = aToolsLog()
  return { team: await teamIn(world, { toolsLog: file, ...options }), calls }
}

const nightOf = (world: World, workflow: string): WorkflowEvent =>
  scheduleEvent(world.cloud.github, {
    repository: world.repository,
    cron: /cron: '(.*?)'/.exec(example(workflow))?.[1] ?? '',
    workflow: workflowPath(workflow),
  })

async function played(team: Team, event: WorkflowEvent): Promise<RunResult> {
  const run = await team.play(event)
  expect(describeRun(run)).toMatch(/^success/)
  return run
}

describe('on PostgreSQL', () => {
  let world: World

  beforeAll(async () => {
    // A run in this process has the parser ready: it is compiled in a thread that no clock sees.
    await splitSql('postgresql', [{ name: 'warm.sql', content: Buffer.from('SELECT 1') }])
    world = await aWorld({
      accountId: ACCOUNT,
      // Whoever does not wait cannot make the writer.
      behaviour: { createInstanceWhileCreating: 'refuse' },
      closedSecurityGroups: [QUARANTINE],
      databases: true,
      inProcess: true,
      isShared: true,
      labels: [],
      withoutSource: true,
    })
    const { region } = world.cloud
    for (const name of ['staging', 'release-tests']) region.seedSubnetGroup({ name, vpcId: 'vpc-default' })
    for (const source of [PRODUCTION, EXAMPLE_SOURCE]) seedWith(world, 'aurora-postgresql', source)
    for (const source of [PRODUCTION, EXAMPLE_SOURCE]) await fill(world, 'aurora-postgresql', source)
    world.repository.push('main', FILES)
    world.repository.push(TAG_OF_THE_RELEASE, release('aurora-postgresql'))
    world.pull.push(FILES)
  })

  // The tests share the world.
  afterEach(async () => {
    await world.until(() => world.clones().every(({ status }) => status !== 'deleting'))
  })

  test('a pair of Lambdas: a clone that no run waits for, its endpoint in the manifest, and a purge after days', async () => {
    const { team, calls } = await aSystem(world, { examples: ['deployment-manifest.yml', 'sweep.yml'] })
    const labelling = team.begin(labelEvent(world, 'labeled'))
    await world.until(() => calls().some((call) => call.startsWith('kubectl apply')))
    expect(world.clone()).toMatchObject({ status: 'creating', members: [] })
    const labelled = await labelling.result
    expect(describeRun(labelled)).toMatch(/^success/)
    expect(conclusionsOf(labelled)).toMatchObject({ deploy: 'success', remove: 'skipped' })
    expect(
      [jobOf(labelled, 'database'), jobOf(labelled, 'finish')].map(({ outputs }) => outputs['outcome']),
    ).toEqual(['creating', 'ready'])
    expect(world.calls()).toContain('GetCallerIdentity')

    const clone = world.clone()
    const { log = '' } = jobOf(labelled, 'deploy').steps.find(({ name }) => name.includes('manifest')) ?? {}
    const manifest = parse(log.slice(log.indexOf('apiVersion'))) as {
      metadata: { name: string }
      spec: {
        template: { spec: { containers: { image: string; env: { name: string; value: string }[] }[] } }
      }
    }
    const [container] = manifest.spec.template.spec.containers
    expect(manifest.metadata.name).toBe('pr-42')
    expect(container?.image).toMatch(new RegExp(`:${world.pull.headSha}$`))
    expect(container?.env.slice(0, 2)).toEqual([
      { name: 'DATABASE_HOST', value: clone.endpoint.address },
      { name: 'DATABASE_PORT', value: String(clone.endpoint.port) },
    ])
    expect(await emailsAt(world, clone.endpoint)).toEqual(RAW)

    letTimePass(world, clone.identifier, 3 * DAY_MS + HOUR_MS)
    expect((await team.sweep()).conclusion).toBe('success')
    expect(staying(world)).toEqual([])

    await played(team, world.synchronize())
    expect(staying(world)).toHaveLength(1)
    await played(team, world.close({ merged: false }))
    expect(staying(world)).toEqual([])
    expect(calls().at(-1)).toBe('kubectl delete deployment pr-42 --namespace previews --ignore-not-found')
    world.pull.reopen()
    world.pull.removeLabel(LABEL)
  })

  test('a clone manager: staging gets sanitised data of its own every night, and the newest two stay', async () => {
    const { team, calls } = await aSystem(world, {
      examples: ['nightly-staging.yml'],
      stack: { preparation: true },
    })
    const pointedTo = (parameter: string): readonly string[] =>
      calls().flatMap((call) => {
        const [, name, value] = /--name \/staging\/orders\/(\S+) .*--value (\S+)$/.exec(call) ?? []
        return name === parameter && value !== undefined ? [value] : []
      })
    for (const night of [1, 2, 3]) {
      const run = await played(team, nightOf(world, 'nightly-staging.yml'))
      const { log, outputs } = jobOf(run, 'database').steps.find(({ id }) => id === 'database') ?? {}
      expect(log).toContain('database/sanitise/10-orders.sql, statement 1 (line 1): 3 rows')
      expect(log).toContain('Columns: 1 masked, 1 kept, 0 undecided')
      const { [outputs?.['cluster-identifier'] ?? '']: clone } = Object.fromEntries(
        world.clones().map((one) => [one.identifier, one]),
      )
      if (clone === undefined) throw new Error('no clone of tonight')
      expect(clone).toMatchObject({
        subnetGroup: 'staging',
        activeSecurityGroups: ['sg-0f9e8d7c6b5a43210'],
        tags: { Team: 'orders', CostCenter: '42', 'aurora-clone:key': 'nightly' },
      })
      expect(world.cloud.region.instance(clone.members[0] ?? '')?.instanceClass).toBe('db.r6g.large')
      const { endpoint, masterPassword: password } = clone
      expect(await emailsAt(world, { ...endpoint, password })).toEqual(MASKED)
      await expect(emailsAt(world, endpoint)).rejects.toThrow('authentication failed')
      expect(pointedTo('database-host')).toHaveLength(night)
      expect(pointedTo('database-secret').at(-1)).toBe(outputs?.['secret-arn'])
      expect(staying(world)).toHaveLength(Math.min(night, 2))
      expect(staying(world)).toContain(clone.identifier)
    }
  })

  test('a preview on EKS: last night’s sanitised data, migrated before the app, fresh at a label, and all gone at the end', async () => {
    const { team, calls } = await aSystem(world, {
      examples: ['warm-source.yml', 'eks-helm.yml', 'sweep.yml'],
      stack: { preparation: true, onlyWarm: true },
    })
    await played(team, nightOf(world, 'warm-source.yml'))
    const warm = staying(world)
    const preview = () => {
      const clone = world
        .clones()
        .find(({ tags, status }) => tags['aurora-clone:key'] === 'pr-42' && status !== 'deleting')
      if (clone === undefined) throw new Error('no clone of the pull request')
      return clone
    }
    /** Helm is told of this clone, and whoever reads its secret sees sanitised rows. */
    const expectPreview = async (run: RunResult): Promise<void> => {
      const { endpoint, masterPassword: password } = preview()
      const secret = jobOf(run, 'database').outputs['secret-arn'] ?? ''
      expect(secret).toMatch(/^arn:aws:secretsmanager:/)
      expect(calls().at(-1)).toMatch(/^helm upgrade orders .*--namespace preview-42 /)
      expect(calls().at(-1)).toContain(
        `database.host=${endpoint.address} --set-string database.port=${endpoint.port} `,
      )
      expect(calls().at(-1)).toContain(` database.secret=${secret} `)
      expect(await emailsAt(world, { ...endpoint, password })).toEqual(MASKED)
      await expect(emailsAt(world, endpoint)).rejects.toThrow('authentication failed')
    }

    await expectPreview(await played(team, labelEvent(world, 'labeled', { label: 'preview' })))
    const former = preview()
    await world.clock.sleep(2_000)
    await expectPreview(await played(team, labelEvent(world, 'labeled', { label: 'fresh-data' })))
    expect(preview().resourceId).not.toBe(former.resourceId)
    expect(world.pull.labels.map(({ name }) => name)).toEqual(['preview'])

    letTimePass(world, preview().identifier, 49 * HOUR_MS)
    expect((await team.sweep()).conclusion).toBe('success')
    expect(staying(world)).toEqual(warm)

    await expectPreview(await played(team, world.synchronize()))
    await played(team, world.close({ merged: false }))
    expect(staying(world)).toEqual(warm)
    expect(calls().at(-1)).toContain('kubectl delete namespace preview-42 ')
    world.pull.reopen()
    world.pull.removeLabel('preview')
  })

  test('whoever writes production into the workflow of that preview gets nothing of it', async () => {
    const { team, calls } = await aSystem(world, {
      examples: ['eks-helm.yml'],
      stack: { preparation: true, onlyWarm: true },
      edit: (text) => text.replace(/^( +)source-key: .*$/m, `$1source-cluster: ${PRODUCTION}`),
    })
    const run = await team.play(labelEvent(world, 'labeled', { label: 'preview' }))
    expect(annotationsOf(run, 'error').map(({ title }) => title)).toContain('Missing IAM permission')
    expect(conclusionsOf(run)).toMatchObject({ database: 'failure', deploy: 'skipped' })
    expect(calls().filter((call) => call.startsWith('helm'))).toEqual([])
    world.pull.removeLabel('preview')
  })

  test('release tests: the second round begins with a new clone', async () => {
    const { team } = await aSystem(world, {
      examples: ['release-tests.yml'],
      edit: onPostgresql,
      secrets: { ORDERS_PASSWORD: PASSWORD },
    })
    const before = staying(world)
    const run = await played(team, team.dispatch('release-tests.yml', { release: TAG_OF_THE_RELEASE }))
    expectTwoRounds(run, { created: 'true' })
    expect(staying(world)).toEqual(before)
  })
})

/** Each round saw all rows, and installed what the other one had installed. */
function expectTwoRounds(run: RunResult, { created }: { readonly created: string }): void {
  const { steps } = jobOf(run, 'test')
  const [first, again] = ['first', 'again'].map((id) => steps.find((step) => step.id === id)?.outputs)
  expect([first, again]).toEqual([
    expect.objectContaining({ outcome: 'ready', created: 'true' }),
    expect.objectContaining({ outcome: 'ready', created }),
  ])
  expect(again?.['cluster-identifier'] === first?.['cluster-identifier']).toBe(created === 'false')
  const rounds = steps.filter(({ name }) => /^Install .*test/.test(name)).map(({ log }) => log)
  const rows = JSON.stringify([1, 2, 3].map((id) => ({ id, note: null })))
  expect(rounds).toEqual([expect.stringContaining(rows), expect.stringContaining(rows)])
}

describeMysql('on MariaDB', () => {
  test('release tests: the second round begins with the same clone, which went back', async () => {
    const world = await aTableWorld({ databases: true, inProcess: false, withoutSource: true })
    world.cloud.region.seedSubnetGroup({ name: 'release-tests', vpcId: 'vpc-default' })
    seedWith(world, 'aurora-mysql', EXAMPLE_SOURCE, 86_400)
    await fill(world, 'aurora-mysql', EXAMPLE_SOURCE)
    world.repository.push(TAG_OF_THE_RELEASE, release('aurora-mysql'))
    // The tests themselves take no time here, and what happened at one moment cannot be told apart.
    let isLater = false
    world.cloud.aws.hooks.beforeApply = async ({ input }) => {
      if (isLater || !JSON.stringify(input).includes('aurora-clone:resetting')) return
      isLater = true
      await world.clock.sleep(20_000)
    }
    const { team } = await aSystem(world, {
      examples: ['release-tests.yml'],
      secrets: { ORDERS_PASSWORD: PASSWORD },
    })
    const run = await played(team, team.dispatch('release-tests.yml', { release: TAG_OF_THE_RELEASE }))
    expectTwoRounds(run, { created: 'false' })
    expect(world.mutations().filter((call) => call === 'RestoreDBClusterToPointInTime')).toHaveLength(1)
    expect(staying(world)).toEqual([])
  })
})

test('release tests on data of a chosen time: a release that fails is not tested again, and its clone goes', async () => {
  const world = await aTableWorld({ withoutSource: true })
  world.cloud.region.seedSubnetGroup({ name: 'release-tests', vpcId: 'vpc-default' })
  seedWith(world, 'aurora-mysql', EXAMPLE_SOURCE, 86_400)
  const fails: GitFiles[string] = { mode: '100755', content: '#!/bin/sh\necho "no disk"\nexit 1\n' }
  world.repository.push(TAG_OF_THE_RELEASE, { 'release/install': fails, 'release/test': fails })
  const { team } = await aSystem(world, { examples: ['release-tests.yml'] })
  const time = new Date(world.clock.now() - HOUR_MS).toISOString()
  const inputs = { release: TAG_OF_THE_RELEASE, 'data-as-of': time }
  const run = await team.play(team.dispatch('release-tests.yml', inputs))
  expect(run.conclusion).toBe('failure')
  const restore = world.cloud.aws.requests.find(({ operation }) => operation.startsWith('Restore'))
  expect(restore?.input).toMatchObject({ RestoreType: 'full-copy', RestoreToTime: new Date(time) })
  expect(world.mutations()).not.toContain('BacktrackDBCluster')
  expect(actionStep(run).outputs['outcome']).toBe('deleting')
  expect(staying(world)).toEqual([])
})

test('accounts apart: credentials of another account make nothing, and nothing is deployed', async () => {
  const world = await aTableWorld({ accountId: '999988887777', labels: [], withoutSource: true })
  world.seedForeign({ identifier: EXAMPLE_SOURCE, databaseName: 'shop' })
  world.pull.push(FILES)
  const { team, calls } = await aSystem(world, { examples: ['deployment-manifest.yml'] })
  const run = await team.play(labelEvent(world, 'labeled'))
  expect(conclusionsOf(run)).toMatchObject({ database: 'failure', deploy: 'skipped', finish: 'skipped' })
  expect(annotationsOf(run, 'error').map(({ title }) => title)).toContain('Wrong AWS account')
  expect(world.mutations()).toEqual([])
  expect(calls()).toEqual([])
})
