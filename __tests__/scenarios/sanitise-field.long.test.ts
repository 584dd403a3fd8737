import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { AwsRequestRecord } from '../../local/aurora/requests.ts'
import { connectTo } from '../../local/database/sql-client.ts'
import { pullRequestEvent } from '../../local/github/events.ts'
import type { GitFiles } from '../../local/github/git-objects.ts'
import type { Engine } from '../../local/team.ts'
import {
  AVAILABLE,
  ENGINES,
  FILES,
  type PrivateShop,
  QUARANTINE,
  aPrivateShop,
  errorOf,
  isFirstStatement,
  theShop,
} from './private-shop.ts'
import { IN_PROCESS, LABEL, SOURCE, tableRow } from './world.ts'

// What goes wrong in the field while a clone is sanitised. Tests that change nothing in the source share one of each engine.

const shops: PrivateShop[] = []

async function aSharedShop(engine: Engine): Promise<PrivateShop> {
  const shop = await theShop(engine)
  shops.push(shop)
  return shop
}

afterEach(async () => {
  for (const shop of shops.splice(0)) await shop.leave()
})

for (const [engine, describeEngine] of ENGINES)
  describeEngine(engine, () => {
    test.each<[string, Readonly<Record<string, string>>, Readonly<Record<string, string>>, RegExp]>([
      ['a pattern without a file', {}, { 'sanitize-sql': 'db/nothing/*.sql' }, /db\/nothing\/\*\.sql/],
      [
        'a syntax error',
        { 'db/sanitise/20-orders.sql': "DELETE FROM users WHERE note = 'x" },
        {},
        /20-orders\.sql/,
      ],
    ])('%s: nothing is created', async (_, files, inputs, says) => {
      const shop = await aSharedShop(engine)
      shop.commit(files)
      const before = shop.world.mutations().length
      const run = await shop.world.create({ ...shop.inputs, ...inputs }, tableRow())
      expect(errorOf(run)).toMatch(says)
      expect(shop.world.mutations().slice(before)).toEqual([])
    })

    test('the inputs are deleted in the pull request: refused, and its files do not count', async () => {
      const shop = await aSharedShop(engine)
      const { world } = shop
      shop.watch()
      shop.commit({ 'db/sanitise/20-orders.sql': 'DELETE FROM no_such_table' })
      expect(errorOf(await world.create(shop.inputs, IN_PROCESS))).toMatch(/^Statement failed: /)
      const half = world.clone().resourceId
      const plain = await world.create({}, IN_PROCESS)
      expect(errorOf(plain)).toMatch(/^Clone not published: .* none of the inputs for that/)
      expect(shop.tellsEndpoint(plain)).toBe(false)
      expect(world.clone()).toMatchObject({ resourceId: half, vpcSecurityGroupIds: [QUARANTINE] })
      shop.commit({})
      world.pull.push({ ...FILES, ...HARMLESS })
      const next = await world.create(shop.inputs)
      expect(errorOf(next)).toBe('no error: ')
      expect(next.outputs['outcome']).toBe('ready')
      expect(await shop.domains('clone')).toEqual(new Set(['masked.invalid']))
      expect(world.clone().resourceId).not.toBe(half)
      expect(shop.breaches).toEqual([])
    })
  })

/** What an author would like to run instead. */
const HARMLESS = {
  'db/sanitise/10-users.sql': 'SELECT 1',
  'db/verify/users.sql': 'SELECT 1 WHERE 1 = 0',
}

/** Rows for which the engine does not matter take turns. */
function turn(index: number): Engine {
  return AVAILABLE[index % AVAILABLE.length] ?? 'aurora-postgresql'
}

describe('the files of the default branch count', () => {
  test.each<[string, number, string | undefined, GitFiles]>([
    ['a file is deleted in the pull request', 51, undefined, { 'README.md': 'All gone.' }],
    ['its base is a branch of its author’s own', 52, 'mine', { ...FILES, ...HARMLESS }],
  ])('%s', async (_, number, baseRef, files) => {
    const shop = await aSharedShop(turn(number))
    const { world } = shop
    shop.watch()
    const pullRequest = world.repository.pullRequest({
      number,
      labels: [LABEL],
      ...(baseRef === undefined ? {} : { baseRef }),
    })
    if (baseRef !== undefined) world.repository.push(baseRef, files)
    pullRequest.push(files)
    const event = pullRequestEvent(world.cloud.github, { pullRequest, action: 'labeled', label: LABEL })
    const run = await world.create(shop.inputs, { event })
    expect(errorOf(run)).toBe('no error: ')
    expect(run.outputs['outcome']).toBe('ready')
    expect(run.log).toContain('db/sanitise/10-users.sql, statement 1 (line 2): 20 rows')
    expect(await shop.domains('clone')).toEqual(new Set(['masked.invalid']))
    expect(shop.breaches).toEqual([])
    pullRequest.close()
    const closed = pullRequestEvent(world.cloud.github, { pullRequest, action: 'closed' })
    await world.destroy({ wait: 'true' }, { ...IN_PROCESS, event: closed })
  })
})

/** From the beginning, or from the moment of a request. */
type Since = 'the beginning' | ((request: AwsRequestRecord) => boolean)

const CLUSTER = /arn:aws:rds:eu-west-1:123456789012:cluster:clone-[\w-]+/
const SECRET = /arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-[\w-]*/

describe('a call is denied: one error with its remedy, and ready once it is allowed', () => {
  test.each<[string, Since, string, RegExp]>([
    ['the password', 'the beginning', 'rds:ModifyDBCluster', CLUSTER],
    ['its secret', 'the beginning', 'secretsmanager:CreateSecret', SECRET],
    ['the Data API', 'the beginning', 'rds:EnableHttpEndpoint', CLUSTER],
    ['a login', 'the beginning', 'rds-data:ExecuteStatement', CLUSTER],
    ['the secret to log in with', 'the beginning', 'secretsmanager:GetSecretValue', SECRET],
    ['a statement', isFirstStatement, 'rds-data:ExecuteStatement', CLUSTER],
    ['the tag that says that it is clean', isFirstStatement, 'rds:AddTagsToResource', CLUSTER],
    ['the end of the Data API', 'the beginning', 'rds:DisableHttpEndpoint', CLUSTER],
    ['the move out of its quarantine', isEndOfDataApi, 'rds:ModifyDBCluster', CLUSTER],
  ])('%s', async (name, since, action, resource) => {
    const shop = await aSharedShop(turn(name.length))
    const { aws } = shop.world.cloud
    const allow: (() => void)[] = []
    const deny = (): void => void allow.push(aws.deny(action))
    shop.watch({
      afterApply: (request) => {
        if (since !== 'the beginning' && since(request)) deny()
      },
    })
    if (since === 'the beginning') deny()
    const run = await shop.world.create(shop.inputs, tableRow())
    allow.forEach((again) => {
      again()
    })
    const [error, ...others] = run.annotations.filter(({ level }) => level === 'error')
    expect(others).toEqual([])
    expect(error?.title).toBe('Missing IAM permission')
    expect(error?.message).toMatch(
      new RegExp(
        `Allow the role ${action} on ${resource.source}: docs/permissions\\.md has the whole policy\\.`,
      ),
    )
    expect(shop.tellsEndpoint(run)).toBe(false)
    expect(shop.world.clone().vpcSecurityGroupIds).toEqual([QUARANTINE])
    shop.watch()
    const next = await shop.world.create(shop.inputs, IN_PROCESS)
    expect(errorOf(next)).toBe('no error: ')
    expect(next.outputs['outcome']).toBe('ready')
    expect(await shop.domains('clone')).toEqual(new Set(['masked.invalid']))
    expect(shop.breaches).toEqual([])
  })
})

function isEndOfDataApi({ operation }: AwsRequestRecord): boolean {
  return operation === 'DisableHttpEndpoint'
}

describe('aurora-postgresql alone', () => {
  test('a login that the master may not alter stops the run, and keep-logins lets it', async () => {
    const shop = await aPrivateShop('aurora-postgresql')
    const { cloud } = shop.world
    const orders = cloud.region.cluster(SOURCE)
    const administrator = await cloud.databases?.connectAsAdministrator({
      resourceId: orders?.resourceId ?? '',
    })
    await administrator?.query("CREATE ROLE boss LOGIN SUPERUSER PASSWORD 'boss'")
    await administrator?.close()
    const run = await shop.world.create(shop.inputs)
    expect(errorOf(run)).toMatch(
      /^Logins not disabled: 1 logins of the source can still log in to the clone: boss/,
    )
    expect(shop.tellsEndpoint(run)).toBe(false)
    const kept = await shop.world.create({ ...shop.inputs, 'keep-logins': 'boss' }, IN_PROCESS)
    expect(errorOf(kept)).toBe('no error: ')
  })

  test('columns of another database need decisions, too', async () => {
    const shop = await aPrivateShop('aurora-postgresql')
    await (await shop.connectToSource()).query('CREATE DATABASE reports')
    expect(errorOf(await shop.world.create(shop.inputs, IN_PROCESS))).toBe('no error: ')
    await shop.world.destroy({ wait: 'true' }, IN_PROCESS)
    const source = await connectTo(
      'aurora-postgresql',
      {
        host: '127.0.0.1',
        port: shop.world.cloud.region.cluster(SOURCE)?.endpoint.port ?? 0,
        user: 'postgres',
        password: 'master of production',
        database: 'reports',
      },
      shop.world.clock,
    )
    await source.query('CREATE TABLE people (email text)')
    await source.close()
    const run = await shop.world.create(shop.inputs)
    expect(errorOf(run)).toContain('reports.public.people.email')
  })

  test('the secret is deleted meanwhile: nothing is published', async () => {
    const shop = await aSharedShop('aurora-postgresql')
    const { aws, region } = shop.world.cloud
    aws.hooks.beforeApply = ({ operation, input }) => {
      if (operation === 'ExecuteStatement' && String(input['sql']).includes('masked'))
        region.deleteSecret(shop.world.clone().identifier)
    }
    const run = await shop.world.create({ ...shop.inputs, 'wait-timeout': '10m' })
    expect(errorOf(run)).not.toBe('no error: ')
    expect(shop.tellsEndpoint(run)).toBe(false)
    aws.hooks.beforeApply = () => undefined
    expect((await shop.world.create(shop.inputs, IN_PROCESS)).outputs['outcome']).toBe('ready')
  })

  test('a warm source is published when nothing older can be restored, and pull requests clone it', async () => {
    const shop = await aSharedShop('aurora-postgresql')
    const { world } = shop
    const workspace = await mkdtemp(join(tmpdir(), 'workspace-'))
    world.atEnd.push(() => rm(workspace, { recursive: true, force: true }))
    for (const [name, text] of Object.entries(FILES)) {
      await mkdir(dirname(join(workspace, name)), { recursive: true })
      await writeFile(join(workspace, name), text)
    }
    const warm = {
      ...shop.inputs,
      mode: 'create',
      'source-cluster': SOURCE,
      'clone-key': 'nightly',
      generation: '1',
    }
    const night = world.start(warm, { env: { GITHUB_WORKSPACE: workspace } })
    await world.until(() => world.clones().length > 0)
    const { identifier } = world.clone()
    world.cloud.region.holdRestorableTime(identifier)
    await world.until(() =>
      (world.cloud.region.cluster(identifier)?.tags['aurora-clone:sanitised'] ?? '').startsWith('clean-'),
    )
    await world.clock.sleep(60_000)
    expect(world.cloud.region.cluster(identifier)?.tags['aurora-clone:ready-at']).toBeUndefined()
    world.cloud.region.letRestorableTimeGo(identifier)
    expect((await night.result).outputs['outcome']).toBe('ready')
    const early = await world.play({
      mode: 'create',
      'source-key': 'nightly',
      label: LABEL,
      'restore-to-time': '2046-11-21T10:00:01Z',
    })
    expect(errorOf(early)).toMatch(/restore-to-time is not later than the sanitising/)
    const pull = await world.play({ mode: 'create', 'source-key': 'nightly', label: LABEL })
    expect(errorOf(pull)).toBe('no error: ')
  })
})
