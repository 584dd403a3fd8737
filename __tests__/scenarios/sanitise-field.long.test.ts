import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { connectTo } from '../../local/database/sql-client.ts'
import { ENGINES, FILES, QUARANTINE, aPrivateShop, errorOf } from './private-shop.ts'
import { LABEL, SOURCE } from './world.ts'

// What goes wrong in the field while a clone is sanitised.

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
      const shop = await aPrivateShop(engine)
      shop.commit(files)
      const run = await shop.world.create({ ...shop.inputs, ...inputs })
      expect(errorOf(run)).toMatch(says)
      expect(shop.world.mutations()).toEqual([])
    })

    test('the inputs are deleted in the pull request: refused, and its files do not count', async () => {
      const shop = await aPrivateShop(engine)
      shop.watch()
      shop.commit({ 'db/sanitise/20-orders.sql': 'DELETE FROM no_such_table' })
      expect(errorOf(await shop.world.create(shop.inputs))).toMatch(/^Statement failed: /)
      const half = shop.world.clone().resourceId
      const plain = await shop.world.create()
      expect(errorOf(plain)).toMatch(/^Clone not published: .* none of the inputs for that/)
      expect(shop.tellsEndpoint(plain)).toBe(false)
      expect(shop.world.clone()).toMatchObject({ resourceId: half, vpcSecurityGroupIds: [QUARANTINE] })
      shop.commit({})
      shop.world.pull.push({
        ...FILES,
        'db/sanitise/10-users.sql': 'SELECT 1',
        'db/verify/users.sql': 'SELECT 1 WHERE 1 = 0',
      })
      const next = await shop.world.create(shop.inputs)
      expect(errorOf(next)).toBe('no error: ')
      expect(next.outputs['outcome']).toBe('ready')
      expect((await shop.emails('clone')).every((email) => email.endsWith('@masked.invalid'))).toBe(true)
      expect(shop.world.clone().resourceId).not.toBe(half)
      expect(shop.breaches).toEqual([])
    })

    test.each([
      'rds:ModifyDBCluster',
      'rds:EnableHttpEndpoint',
      'rds:DisableHttpEndpoint',
      'rds-data:ExecuteStatement',
      'secretsmanager:GetSecretValue',
    ])('%s is denied: one error, and ready once it is allowed', async (action) => {
      const shop = await aPrivateShop(engine)
      shop.watch()
      const allow = shop.world.cloud.aws.deny(action)
      const run = await shop.world.create(shop.inputs)
      expect(errorOf(run)).toMatch(/^Missing IAM permission: /)
      expect(run.annotations.filter(({ level }) => level === 'error')).toHaveLength(1)
      expect(shop.tellsEndpoint(run)).toBe(false)
      allow()
      const next = await shop.world.create(shop.inputs)
      expect(errorOf(next)).toBe('no error: ')
      expect(next.outputs['outcome']).toBe('ready')
      expect(shop.breaches).toEqual([])
    })
  })

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
    const kept = await shop.world.create({ ...shop.inputs, 'keep-logins': 'boss' })
    expect(errorOf(kept)).toBe('no error: ')
  })

  test('columns of another database need decisions, too', async () => {
    const shop = await aPrivateShop('aurora-postgresql')
    await (await shop.connectToSource()).query('CREATE DATABASE reports')
    expect(errorOf(await shop.world.create(shop.inputs))).toBe('no error: ')
    await shop.world.destroy({ wait: 'true' })
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
    const shop = await aPrivateShop('aurora-postgresql')
    const { aws, region } = shop.world.cloud
    aws.hooks.beforeApply = ({ operation, input }) => {
      if (operation === 'ExecuteStatement' && String(input['sql']).includes('masked'))
        region.deleteSecret(shop.world.clone().identifier)
    }
    const run = await shop.world.create({ ...shop.inputs, 'wait-timeout': '10m' })
    expect(errorOf(run)).not.toBe('no error: ')
    expect(shop.tellsEndpoint(run)).toBe(false)
    aws.hooks.beforeApply = () => undefined
    expect((await shop.world.create(shop.inputs)).outputs['outcome']).toBe('ready')
  })

  test('a warm source is published when nothing older can be restored, and pull requests clone it', async () => {
    const shop = await aPrivateShop('aurora-postgresql')
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
