import { describe, expect, test } from '@jest/globals'
import { IN_PROCESS, type World, aTableWorld, aWorld } from './world.ts'

// A clone gets a master password that only Secrets Manager knows.

const MANAGED = { 'master-credentials': 'managed' }

function errorOf(run: Awaited<ReturnType<World['create']>>): string {
  const [error] = run.annotations.filter(({ level }) => level === 'error')
  return `${error?.title ?? 'no error'}: ${error?.message ?? ''}`
}

describe.each(['shown-in-status', 'silently-late'] as const)(
  'where AWS tells of a new password %s',
  (newPassword) => {
    test('the clone is published after a login with it', async () => {
      const world = await aWorld({ behaviour: { newPassword } })
      const run = await world.create(MANAGED)
      expect(run.outputs).toMatchObject({
        outcome: 'ready',
        'secret-arn': expect.stringContaining(':secret:rds!'),
      })
      expect(run.log).toContain('A login with the new password works')
      const calls = world.calls()
      const proof = calls.lastIndexOf('ExecuteStatement')
      expect(proof).toBeGreaterThan(calls.indexOf('ModifyDBCluster'))
      expect(calls.slice(proof)).toContain('AddTagsToResource')
      expect(world.clone().httpEndpointEnabled).toBe(false)
      expect(world.comment()).toContain('password in `arn:aws:secretsmanager:')
      expect(world.comment()).toMatch(/Writer available.+\n\| \*\*Own password works\*\* .+\n\| \*\*Ready/)
      // Nothing is done twice.
      const again = await world.create(MANAGED)
      expect(again.outputs['outcome']).toBe('ready')
      expect(world.calls().filter((call) => call === 'ModifyDBCluster')).toHaveLength(1)
    })
  },
)

test('a run that is killed before the login is continued by the next one, whatever its inputs', async () => {
  const world = await aWorld()
  const first = world.start({ mode: 'create', 'source-cluster': 'orders', label: 'clone-db', ...MANAGED })
  await world.until(() => world.calls().includes('EnableHttpEndpoint'))
  first.kill()
  await first.result
  const run = await world.wait()
  expect(run.outputs).toMatchObject({
    outcome: 'ready',
    'secret-arn': expect.stringContaining(':secret:rds!'),
  })
  expect(world.calls().filter((call) => call === 'ModifyDBCluster')).toHaveLength(1)
})

test('without waiting, the next run that waits gives it its password', async () => {
  const world = await aWorld()
  expect((await world.create({ ...MANAGED, wait: 'false' })).outputs['outcome']).toBe('creating')
  expect((await world.wait()).outputs).toMatchObject({
    outcome: 'ready',
    'secret-arn': expect.stringContaining('rds!'),
  })
})

describe('refused before anything is created', () => {
  test.each([
    [
      'a T class',
      { 'instance-class': 'db.t4g.medium' },
      {},
      /instance-class db\.t4g\.medium does not have the RDS Data API/,
    ],
    [
      'an old engine',
      {},
      { engineVersion: '13.9' },
      /aurora-postgresql 13\.9 .* does not have the RDS Data API/,
    ],
  ])('%s', async (_, inputs, source, says) => {
    const world = await aTableWorld({ withoutSource: true })
    world.seedForeign({ identifier: 'orders', ...source })
    expect(errorOf(await world.create({ ...MANAGED, ...inputs }))).toMatch(says)
    expect(world.mutations()).toEqual([])
  })
})

describe('a call that AWS denies is one error with its remedy, and nothing is published', () => {
  test.each(['ModifyDBCluster', 'EnableHttpEndpoint', 'ExecuteStatement'])('%s', async (operation) => {
    const world = await aTableWorld()
    world.cloud.aws.faults.add({
      operation,
      fault: {
        code: 'AccessDenied',
        httpStatus: 403,
        message: `not authorized to perform: rds:${operation} on resource: x because no identity-based policy allows the action`,
      },
    })
    const run = await world.create({ ...MANAGED, 'wait-timeout': '5m' })
    expect(errorOf(run)).toMatch(/^Missing IAM permission: /)
    expect(run.outputs['endpoint'] ?? '').toBe('')
    expect(world.clone().tags['aurora-clone:ready-at']).toBeUndefined()
  })
})

describe('steps of the user’s sanitise a clone', () => {
  const MANUAL = { publish: 'manual', 'quarantine-security-group-ids': 'sg-00000000000000000' }
  const restores = (world: World): number =>
    world.calls().filter((call) => call === 'RestoreDBClusterToPointInTime').length

  test('they get the endpoint of one clone, and publish ends its quarantine', async () => {
    const world = await aWorld()
    const created = await world.create(MANUAL)
    expect(created.outputs).toMatchObject({
      outcome: 'quarantined',
      endpoint: expect.stringContaining('clone-'),
    })
    expect(restores(world)).toBe(1)
    expect(world.clone().vpcSecurityGroupIds).toEqual(['sg-00000000000000000'])
    expect(world.comment()).not.toContain('.rds.amazonaws.com')
    const published = await world.play({ mode: 'publish' })
    expect(published.outputs['outcome']).toBe('ready')
    expect(world.clone().vpcSecurityGroupIds).not.toEqual(['sg-00000000000000000'])
    expect((await world.create(MANUAL)).outputs['outcome']).toBe('ready')
  })

  test('publish of another workflow run gets nothing', async () => {
    const world = await aWorld()
    await world.create(MANUAL, IN_PROCESS)
    const run = await world.play({ mode: 'publish' }, { env: { GITHUB_RUN_ID: '99' } })
    expect(errorOf(run)).toMatch(
      /^Clone not published: .* not in the hands of the steps of this workflow run/,
    )
    expect(run.outputs['endpoint'] ?? '').toBe('')
  })

  test('a clone in the hands of steps that have ended is made anew, and a held one is kept', async () => {
    const world = await aWorld()
    await world.create({ ...MANUAL, hold: 'true' }, IN_PROCESS)
    const held = await world.create(MANUAL)
    expect(errorOf(held)).toMatch(/held|hold/)
    expect(restores(world)).toBe(1)
    await world.tagByHand(world.clone().identifier, { 'aurora-clone:hold': 'false' })
    expect((await world.create(MANUAL)).outputs['outcome']).toBe('quarantined')
    expect(restores(world)).toBe(2)
  })
})
