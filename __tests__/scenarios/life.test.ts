import { describe, expect, test } from '@jest/globals'
import { OUTPUTS } from '../../src/contract.ts'
import { IN_PROCESS, LABEL, SOURCE, aWorld } from './world.ts'

const CLONE = 'clone-pr-42-shop-8b540f896d9d0b71'

describe('label → push → close', () => {
  test('gives one clone, keeps it, and takes it away', async () => {
    const world = await aWorld()

    const labeled = await world.create()
    expect(labeled.exitCode).toBe(0)
    expect(labeled.outputs).toMatchObject({
      outcome: 'ready',
      created: 'true',
      'cluster-identifier': CLONE,
      'instance-identifier': `${CLONE}-1`,
      region: 'eu-west-1',
      port: '5432',
      engine: 'aurora-postgresql',
      'engine-version': '16.4',
      'database-name': 'shop',
      'master-username': 'postgres',
      'skip-reason': '',
    })
    expect(labeled.outputs['endpoint']).toMatch(new RegExp(`^${CLONE}\\.cluster-`))
    expect(world.mutations()).toEqual([
      'RestoreDBClusterToPointInTime',
      'CreateDBInstance',
      'AddTagsToResource',
    ])
    expect(world.clone()).toMatchObject({ identifier: CLONE, status: 'available' })

    const before = world.calls().length
    const pushed = await world.create({}, { event: world.synchronize() })
    expect(pushed.outputs).toMatchObject({ outcome: 'ready', created: 'false' })
    expect(pushed.outputs['endpoint']).toBe(labeled.outputs['endpoint'])
    expect(world.calls().slice(before)).toEqual([
      'DescribeDBClusters',
      'DescribeDBInstances',
      'DescribeDBClusters',
      'AddTagsToResource',
    ])

    const beforeClose = world.calls().length
    const closed = await world.destroy({ label: LABEL, 'source-cluster': SOURCE }, { event: world.close() })
    expect(closed.exitCode).toBe(0)
    expect(closed.outputs).toMatchObject({ outcome: 'deleting', 'cluster-identifier': CLONE })
    expect(world.calls().slice(beforeClose)).toEqual([
      'DescribeDBClusters',
      'DescribeDBInstances',
      'DescribeDBClusters',
      'DeleteDBInstance',
      'DescribeDBClusters',
      'DeleteDBCluster',
    ])
    await world.cloud.clock.sleep(120_000)
    expect(world.clones()).toEqual([])
    expect(world.cloud.region.instances().map(({ identifier }) => identifier)).toEqual([`${SOURCE}-1`])

    const again = await world.destroy({}, { event: world.closed() })
    expect(again.outputs).toMatchObject({ outcome: 'absent', 'cluster-identifier': '' })
  })

  test('every output matches its promised pattern or is empty', async () => {
    const world = await aWorld()
    const { outputs } = await world.create()
    expect(Object.keys(outputs).toSorted()).toEqual(Object.keys(OUTPUTS).toSorted())
    for (const [name, pattern] of Object.entries(OUTPUTS)) {
      const value = outputs[name] ?? 'missing'
      if (value !== '') expect(value).toMatch(pattern)
      expect(value).not.toMatch(/[\s;&|<>$`'"()*?[\]{}\\]/)
    }
  })

  test('the endpoint and its companions are never masked, the token is', async () => {
    const world = await aWorld()
    const { masks, outputs, stdout } = await world.create()
    expect(masks).toContain(world.token)
    expect(masks).not.toContain(outputs['endpoint'])
    expect(stdout.replace(`::add-mask::${world.token}`, '')).not.toContain(world.token)
  })
})

describe('create without waiting', () => {
  test('sends both requests and ends with the endpoint known; wait finishes it', async () => {
    // Slow enough that a listing does not grow old while a busy machine starts the run.
    const world = await aWorld({
      behaviour: { clusterCreatingMs: 60_000, instanceCreatingMs: 60_000 },
    })
    const started = await world.create({ wait: 'false' })
    expect(started.outputs).toMatchObject({ outcome: 'creating', created: 'true' })
    expect(started.outputs['endpoint']).toMatch(new RegExp(`^${CLONE}\\.cluster-`))
    expect(world.calls()).toEqual([
      'DescribeDBClusters',
      'DescribeDBInstances',
      'RestoreDBClusterToPointInTime',
      'CreateDBInstance',
      // No other incarnation leads.
      'DescribeDBClusters',
      // It is handed out.
      'DescribeDBClusters',
      'AddTagsToResource',
    ])
    expect(world.clone().status).toBe('creating')
    expect(world.comment()).toContain('Database clone is being created')
    const written = world.cloud.github.requests.filter(
      ({ method, path }) => method !== 'GET' && path !== '/graphql',
    )
    expect(written.map(({ method }) => method)).toEqual(['POST'])

    const finished = await world.wait({ 'poll-interval': '30s' })
    expect(finished.outputs).toMatchObject({
      outcome: 'ready',
      created: 'false',
      endpoint: started.outputs['endpoint'],
    })
    expect(world.clone().tags['aurora-clone:ready-at']).toBeDefined()
  })

  test('leaves the writer to wait where AWS takes it only later', async () => {
    const world = await aWorld({
      behaviour: { createInstanceWhileCreating: 'refuse', clusterCreatingMs: 120_000 },
    })
    world.cloud.region.seedParameterGroup({ name: 'team-pg16', family: 'aurora-postgresql16' })
    const started = await world.create({
      wait: 'false',
      'instance-class': 'db.r6g.large',
      'db-parameter-group-name': 'team-pg16',
    })
    expect(started.outputs['outcome']).toBe('creating')
    expect(world.cloud.region.instance(`${CLONE}-1`)).toBeUndefined()

    const finished = await world.wait()
    expect(finished.outputs['outcome']).toBe('ready')
    expect(world.cloud.region.instance(`${CLONE}-1`)).toMatchObject({
      instanceClass: 'db.r6g.large',
      parameterGroup: 'team-pg16',
    })
  })

  test('on a clone that is on its way already sends nothing but the longer life', async () => {
    const world = await aWorld({ behaviour: { clusterCreatingMs: 3_600_000 } })
    await world.create({ wait: 'false', ttl: '1h' }, IN_PROCESS)
    const before = world.mutations().length
    const again = await world.create({ wait: 'false', ttl: '2h' })
    expect(again.outputs).toMatchObject({ outcome: 'creating', created: 'false' })
    expect(world.mutations().slice(before)).toEqual(['AddTagsToResource'])
  })
})

describe('the life of a clone', () => {
  test('is extended to the later of the old time and now + ttl', async () => {
    const world = await aWorld()
    const first = await world.create({ ttl: '3d' })
    const shorter = await world.create({ ttl: '1h' })
    expect(shorter.outputs['expires-at']).toBe(first.outputs['expires-at'])
    const longer = await world.create({ ttl: '9d' })
    const days = (Date.parse(longer.outputs['expires-at'] ?? '') - world.cloud.clock.now()) / 86_400_000
    expect(days).toBeGreaterThan(8.9)
    expect(days).toBeLessThanOrEqual(9)
    expect(world.clone().tags['aurora-clone:expires-at']).toBe(longer.outputs['expires-at'])
  })

  test('follows the label that it is asked for with now', async () => {
    const world = await aWorld({ labels: [LABEL, 'database'] })
    await world.create({}, IN_PROCESS)
    await world.create({ label: 'database' })
    expect(world.clone().tags['aurora-clone:label']).toBe('database')
  })
})

describe('destroy', () => {
  test('with wait stays until nothing is left', async () => {
    const world = await aWorld()
    await world.create({}, IN_PROCESS)
    const closed = await world.destroy({ wait: 'true' }, { event: world.close() })
    expect(closed.outputs['outcome']).toBe('destroyed')
    expect(world.clones()).toEqual([])
    expect(world.comment()).toContain('Database clone is gone')
  })

  test('of a pull request removes every clone that it owns; with clone-name only that one', async () => {
    const world = await aWorld()
    world.seedForeign({ identifier: 'billing' })
    await world.create({ 'clone-name': 'orders' }, IN_PROCESS)
    await world.create({ 'clone-name': 'billing', 'source-cluster': 'billing' }, IN_PROCESS)
    expect(world.clones()).toHaveLength(2)

    const one = await world.destroy({ 'clone-name': 'billing', wait: 'true' }, { event: world.labeled() })
    expect(one.outputs['outcome']).toBe('destroyed')
    expect(world.clone().identifier).toContain('-orders-')

    await world.create({ 'clone-name': 'billing', 'source-cluster': 'billing' }, IN_PROCESS)
    const all = await world.destroy({}, { event: world.close() })
    expect(all.outputs).toMatchObject({ outcome: 'deleting', 'cluster-identifier': '' })
    const report = JSON.parse(all.readTempFile(all.outputs['report-file'] ?? '')) as {
      clones: { 'clone-name': string; result: string }[]
    }
    expect(report.clones.map((clone) => [clone['clone-name'], clone.result]).toSorted()).toEqual([
      ['billing', 'deleting'],
      ['orders', 'deleting'],
    ])
  })

  test('removes the readers that somebody added by hand, before the writer', async () => {
    // They have neither the names nor the tags that the roles of policies/ ask for.
    const world = await aWorld({ withoutRoles: true })
    await world.create({}, IN_PROCESS)
    const { CreateDBInstanceCommand, RDSClient } = await import('@aws-sdk/client-rds')
    const rds = new RDSClient({
      region: 'eu-west-1',
      endpoint: world.cloud.aws.url,
      credentials: { accessKeyId: 'AKIAHAND', secretAccessKey: 'x' },
    })
    await rds.send(
      new CreateDBInstanceCommand({
        DBInstanceIdentifier: 'made-by-hand',
        DBClusterIdentifier: CLONE,
        DBInstanceClass: 'db.serverless',
        Engine: 'aurora-postgresql',
      }),
    )
    const before = world.cloud.aws.requests.length
    const closed = await world.destroy({ wait: 'true' }, { event: world.close() })
    expect(closed.outputs['outcome']).toBe('destroyed')
    expect(
      world.cloud.aws.requests
        .slice(before)
        .filter(({ operation }) => operation === 'DeleteDBInstance')
        .map(({ input }) => input['DBInstanceIdentifier']),
    ).toEqual(['made-by-hand', `${CLONE}-1`])
  })
})

describe('named clones outside of pull requests', () => {
  test('in generations: the newest is waited for and cloned from, destroy means all', async () => {
    const world = await aWorld()
    const { scheduleEvent } = await import('../../local/github/events.ts')
    const event = scheduleEvent(world.cloud.github, { repository: world.repository })
    const nightly = { 'clone-key': 'nightly', label: '' }
    const first = await world.create({ ...nightly, generation: '20261120' }, { event })
    const second = await world.create({ ...nightly, generation: '20261121' }, { event })
    expect(second.outputs['cluster-identifier']).toMatch(/^clone-nightly-shop-20261121-[0-9a-f]{16}$/)

    const newest = await world.wait({ 'clone-key': 'nightly' }, { event })
    expect(newest.outputs['cluster-identifier']).toBe(second.outputs['cluster-identifier'])

    const pull = await world.create({ 'source-cluster': '', 'source-key': 'nightly' })
    expect(pull.outputs['outcome']).toBe('ready')
    const restore = world.cloud.aws.requests.findLast(
      ({ operation }) => operation === 'RestoreDBClusterToPointInTime',
    )
    expect(restore?.source).toBe(second.outputs['cluster-identifier'])

    const third = await world.create({ ...nightly, generation: '20261122' }, { event })
    const kept = await world.create({ 'source-cluster': '', 'source-key': 'nightly' })
    expect(kept.outputs).toMatchObject({ outcome: 'ready', created: 'false' })

    const gone = await world.destroy({ 'clone-key': 'nightly', wait: 'true' }, { event })
    expect(gone.outputs['outcome']).toBe('destroyed')
    expect(world.clone().identifier).toBe(pull.outputs['cluster-identifier'])
    expect([first, third].map(({ exitCode }) => exitCode)).toEqual([0, 0])
  })
})
