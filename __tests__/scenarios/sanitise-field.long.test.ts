import { expect, test } from '@jest/globals'
import { ENGINES, FILES, QUARANTINE, aPrivateShop, errorOf } from './private-shop.ts'

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
