import { afterEach, expect, test } from '@jest/globals'
import type { Engine } from '../../local/team.ts'
import { ENGINES, QUARANTINE, SLOW, errorOf, theShop } from './private-shop.ts'
import { IN_PROCESS } from './world.ts'

// Personal data, on real servers: nobody reaches a clone before it is clean, and no login of the source opens it.

const ALONE: Readonly<Record<Engine, string>> = {
  'aurora-postgresql': 'VACUUM users; CREATE INDEX CONCURRENTLY by_email ON users (email);',
  'aurora-mysql': 'ANALYZE TABLE users; CREATE PROCEDURE tidy() DELETE FROM users WHERE id > 99;',
}

for (const [engine, describeEngine] of ENGINES)
  describeEngine(engine, () => {
    afterEach(async () => {
      const shop = await theShop(engine)
      await shop.leave()
    })

    test('sanitised, verified, judged, and only then published', async () => {
      const shop = await theShop(engine)
      const from = shop.world.calls().length
      const run = await shop.world.create(shop.inputs)
      expect(errorOf(run)).toBe('no error: ')
      expect(run.outputs).toMatchObject({ outcome: 'ready', endpoint: '127.0.0.1' })
      expect(await shop.emails('clone')).toEqual(
        Array.from({ length: 18 }, (_, index) => `user${index + 1}@masked.invalid`),
      )
      expect(await shop.emails('source')).toContain('user20@example.com')
      expect(await shop.intruders()).toEqual([])
      expect(await shop.statistics()).not.toContain('example.com')
      const clone = shop.world.clone()
      expect(clone.httpEndpointEnabled).toBe(false)
      expect(clone.tags['aurora-clone:sanitised']).toMatch(/^clean-[0-9a-f]{16}$/)
      expect(run.log).toContain('db/sanitise/10-users.sql, statement 1 (line 2): 20 rows')
      expect(run.log).toContain('Columns: 2 masked, 3 kept, 0 undecided')
      expect(run.log).toMatch(/Logins disabled: 2 \(app(?:@%)?, reporting(?:@%)?\)/)
      expect(shop.world.comment()).toContain('| **Endpoint** | `127.0.0.1` |')
      expect(shop.world.comment()).toContain(
        '62 rows by 5 statements in 3 files, 2 columns masked and 3 kept, 2 logins disabled',
      )
      expect(shop.world.comment()).toMatch(/Own password works.+\n\| \*\*Sanitised\*\* .+\n\| \*\*Ready/)
      // The next push finds it as it is.
      const again = await shop.world.create(shop.inputs, IN_PROCESS)
      expect(again.outputs['outcome']).toBe('ready')
      expect(
        shop.world
          .calls()
          .slice(from)
          .filter((call) => call === 'RestoreDBClusterToPointInTime'),
      ).toHaveLength(1)
    })

    test.each<[string, Readonly<Record<string, string>>, number, RegExp]>([
      [
        'a statement of the second of three files fails',
        {
          'db/sanitise/20-orders.sql':
            "DELETE FROM users WHERE id > 18;\nINSERT INTO users VALUES (1, 'eve@example.com', NULL);",
        },
        20,
        /^Statement failed: db\/sanitise\/20-orders\.sql, statement 2 \(line 2\) failed: SQLSTATE 23\w+, a constraint was violated/,
      ],
      [
        'a check that finds rows',
        { 'db/verify/users.sql': 'SELECT email FROM users WHERE id < 4' },
        0,
        /^Verification failed: Queries of verify-sql must find nothing: db\/verify\/users\.sql, statement 1 \(line 1\) found 3 rows/,
      ],
      [
        'a column that nobody decided about',
        { 'db/sanitise/40-late.sql': 'ALTER TABLE users ADD COLUMN phone varchar(20)' },
        0,
        /^Column without a decision: 1 column has no line in column-decisions: (?:public|shop)\.users\.phone\./,
      ],
    ])('%s: nothing is published, and the next run begins anew', async (_, files, sessions, says) => {
      const shop = await theShop(engine)
      shop.commit(files)
      const run = await shop.world.create(shop.inputs)
      expect(errorOf(run)).toMatch(says)
      expect(run.log).not.toContain('example.com')
      // The third file empties this table.
      const [left] = await shop.lookInto('clone', 'SELECT count(*) AS n FROM sessions')
      expect(Number(left?.['n'])).toBe(sessions)
      expect(shop.tellsEndpoint(run)).toBe(false)
      expect(await shop.intruders()).toEqual([])
      const first = shop.world.clone().resourceId
      expect(errorOf(await shop.world.wait({}, IN_PROCESS))).toMatch(/^Clone not published: .* half prepared/)
      shop.commit({})
      const next = await shop.world.create(shop.inputs, IN_PROCESS)
      expect(errorOf(next)).toBe('no error: ')
      expect(next.outputs['outcome']).toBe('ready')
      expect(shop.world.clone().resourceId).not.toBe(first)
      expect(await shop.emails('clone')).toHaveLength(18)
    })

    test('a statement that takes longer than an answer of AWS may', async () => {
      const shop = await theShop(engine)
      shop.world.cloud.aws.scriptedStatements.push({ matches: SLOW, takesMs: 150_000 })
      const run = await shop.world.create(shop.inputs)
      expect(errorOf(run)).toBe('no error: ')
      expect(run.log).toContain('takes longer than an answer of AWS may')
      expect(await shop.emails('clone')).toHaveLength(18)
    })

    test('and one that fails then: it is never taken for a success', async () => {
      const shop = await theShop(engine)
      shop.world.cloud.aws.scriptedStatements.push({
        matches: SLOW,
        takesMs: 150_000,
        fails: 'ERROR: out of memory; SQLState: 53200',
      })
      const run = await shop.world.create(shop.inputs)
      expect(errorOf(run)).toContain('statement 1 (line 2) failed: it ended without success')
      expect(shop.tellsEndpoint(run)).toBe(false)
    })

    test('statements that may stand in no block or procedure', async () => {
      const shop = await theShop(engine)
      // As AWS may answer to CREATE PROCEDURE.
      shop.world.cloud.aws.scriptedStatements.push({
        matches: /^CREATE PROCEDURE aurora_clone/,
        fails:
          'This command is not supported in the prepared statement protocol yet; Error code: 1295; SQLState: HY000',
      })
      shop.commit({ 'db/sanitise/40-tidy.sql': ALONE[engine] })
      const run = await shop.world.create(shop.inputs)
      expect(errorOf(run)).toBe('no error: ')
      expect(run.log).toContain('db/sanitise/10-users.sql, statement 1 (line 2): 20 rows')
      expect(await shop.emails('clone')).toHaveLength(18)
    })

    test('steps of the user’s sanitise it, and mode publish verifies it', async () => {
      const shop = await theShop(engine)
      const { 'sanitize-sql': _, ...inputs } = shop.inputs
      const logins = { 'inherited-logins': 'disable' }
      await shop.world.cloud.databases?.closeSecurityGroups([])
      const quarantined = await shop.world.create({ ...inputs, ...logins, publish: 'manual' })
      expect(errorOf(quarantined)).toBe('no error: ')
      expect(quarantined.outputs).toMatchObject({ outcome: 'quarantined', endpoint: '127.0.0.1' })
      expect(shop.world.comment()).not.toContain('127.0.0.1')
      expect(shop.world.clone().vpcSecurityGroupIds).toEqual([QUARANTINE])
      const publish = {
        mode: 'publish',
        'verify-sql': inputs['verify-sql'] ?? '',
        'column-decisions': inputs['column-decisions'] ?? '',
      }
      const early = await shop.world.play(publish, IN_PROCESS)
      expect(errorOf(early)).toMatch(/^Verification failed: /)
      const client = await shop.connectToClone()
      await client.query("UPDATE users SET email = concat('user', id, '@masked.invalid')")
      const published = await shop.world.play(publish)
      expect(errorOf(published)).toBe('no error: ')
      expect(published.outputs['outcome']).toBe('ready')
      expect(shop.world.clone().vpcSecurityGroupIds).not.toEqual([QUARANTINE])
      expect(await shop.intruders()).toEqual([])
    })
  })
