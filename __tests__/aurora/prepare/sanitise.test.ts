import { beforeEach, describe, expect, test } from '@jest/globals'
import { CloneDatabase } from '../../../src/aurora/prepare/database.ts'
import {
  checkColumns,
  isolate,
  renewStatistics,
  runChecks,
  runStatements,
  withMarkers,
} from '../../../src/aurora/prepare/sanitise.ts'
import { readDecisions } from '../../../src/sanitise/column-decisions.ts'
import type { Dialect, SqlRow } from '../../../src/sanitise/dialects/dialect.ts'
import { MYSQL } from '../../../src/sanitise/dialects/mysql.ts'
import { POSTGRESQL } from '../../../src/sanitise/dialects/postgresql.ts'
import type { SanitisingOrder } from '../../../src/sanitise/order.ts'
import type { SqlStatement } from '../../../src/sanitise/split/statement.ts'
import { type World, aWorld } from '../../world.ts'
import { FakeDatabase, sqlFault } from './fake-database.ts'

let world: World
let fake: FakeDatabase

beforeEach(() => {
  world = aWorld()
  fake = new FakeDatabase()
})

function aDatabase(dialect: Dialect = POSTGRESQL): CloneDatabase {
  return new CloneDatabase(
    { ...world.aws, dataApi: fake.api },
    { clusterArn: 'c', secretArn: 's', database: 'shop', dialect, beat: () => Promise.resolve() },
  )
}

function anOrder(overrides: Partial<SanitisingOrder> = {}): SanitisingOrder {
  return {
    disablesLogins: true,
    keepLogins: [],
    sanitises: true,
    statements: [],
    checks: [],
    decisions: undefined,
    database: undefined,
    digest: 'd',
    ...overrides,
  }
}

function statement(overrides: Partial<SqlStatement> = {}): SqlStatement {
  return {
    file: 'a.sql',
    number: 1,
    line: 1,
    text: 'UPDATE users SET email = NULL',
    alone: false,
    ...overrides,
  }
}

const REFUSED = sqlFault('DatabaseErrorException', 'ERROR: permission denied to alter role; SQLState: 42501')

describe('logins', () => {
  const LOGINS = /rolcanlogin AND/

  test('are disabled, read again, and their sessions end', async () => {
    fake.on(LOGINS, [['app'], ['o"dd']], []).on(/^SELECT a\.pid/, [[11], [12]], [])
    const { logins } = await isolate(aDatabase(), anOrder(), world.log)
    expect(logins).toEqual(['app', 'o"dd'])
    expect(fake.sentLike(/^ALTER ROLE/)).toEqual([
      'ALTER ROLE "app" NOLOGIN PASSWORD NULL',
      'ALTER ROLE "o""dd" NOLOGIN PASSWORD NULL',
    ])
    expect(fake.sentLike(/pg_terminate_backend/)).toEqual([
      'SELECT pg_terminate_backend(11)',
      'SELECT pg_terminate_backend(12)',
    ])
  })

  test('those of keep-logins stay', async () => {
    fake.on(LOGINS, [['app']])
    const { logins } = await isolate(aDatabase(), anOrder({ keepLogins: ['app'] }), world.log)
    expect(logins).toEqual([])
    expect(fake.sentLike(/^ALTER ROLE/)).toEqual([])
  })

  test.each([
    ['app', []],
    ['app@%', ['app@10.0.0.1']],
  ])('of MySQL, %s keeps a name or a name and its host', async (kept, logins) => {
    const all: readonly SqlRow[] = [
      ['app', '%'],
      ['app', '10.0.0.1'],
    ]
    fake.on(/mysql\.user/, all, kept === 'app' ? all : all.slice(0, 1))
    expect(await isolate(aDatabase(MYSQL), anOrder({ keepLogins: [kept] }), world.log)).toMatchObject({
      logins,
    })
  })

  test('one that the master may not alter fails the run', async () => {
    fake.on(LOGINS, [['app'], ['boss']], [['boss']]).on(/ALTER ROLE "boss"/, REFUSED)
    await expect(isolate(aDatabase(), anOrder(), world.log)).rejects.toMatchObject({
      title: 'Logins not disabled',
      what: expect.stringContaining('boss: ERROR: permission denied to alter role (SQLSTATE 42501)'),
      remedy: expect.stringContaining('keep-logins'),
    })
  })

  test('sessions that do not end fail the run', async () => {
    fake.on(/^SELECT a\.pid/, [[11]])
    await expect(isolate(aDatabase(), anOrder(), world.log)).rejects.toThrow('did not end')
  })
})

describe('what a clone would do by itself', () => {
  const none = anOrder({ disablesLogins: false })

  test('is switched off, each in its database, and read again', async () => {
    fake
      .on(/pg_subscription/, [['news', 'shop']], [])
      .on(/pg_replication_slots/, [["o'dd", 'shop']], [])
      .on(/to_regclass/, [[true]])
      .on(/cron\.job WHERE/, [[5, 'shop']], [])
    const { automations } = await isolate(aDatabase(), none, world.log)
    expect(automations).toEqual(['subscriptions: news', "replication slots: o'dd", 'pg_cron jobs: 5'])
    expect(fake.sent).toContain('ALTER SUBSCRIPTION "news" DISABLE')
    expect(fake.sent).toContain("SELECT pg_drop_replication_slot(E'o''dd')")
    expect(fake.sent).toContain('SELECT cron.alter_job(job_id := 5, active := false)')
  })

  test('a worker that goes on is ended, and looked for until it is gone', async () => {
    fake
      .on(/FROM pg_catalog\.pg_subscription s/, [['news', 'shop']], [])
      .on(/pg_stat_subscription/, [], [['news', 31]], [['news', 31]], [])
    const { automations } = await isolate(aDatabase(), none, world.log)
    expect(automations).toEqual(['subscriptions: news'])
    expect(fake.sentLike(/pg_terminate_backend\(31\)/)).toHaveLength(2)
  })

  test('without sanitising it is only told', async () => {
    fake.on(/information_schema\.events/, [['shop', 'nightly']])
    const order = anOrder({ disablesLogins: false, sanitises: false })
    expect((await isolate(aDatabase(MYSQL), order, world.log)).automations).toEqual(['events: shop.nightly'])
    expect(fake.sentLike(/^ALTER/)).toEqual([])
    expect(world.log.lines.join()).toContain('events: shop.nightly')
  })

  test('what stays on fails the run', async () => {
    fake.on(/information_schema\.events/, [['shop', 'nightly']]).on(/^ALTER EVENT/, REFUSED)
    await expect(isolate(aDatabase(MYSQL), none, world.log)).rejects.toMatchObject({
      title: 'Automations not switched off',
    })
  })
})

describe('statements', () => {
  test('the rows of each file', async () => {
    fake.on(/rows_found FROM/, [
      [1, 2],
      [2, 1],
      [3, 4],
    ])
    const files = await runStatements(
      aDatabase(),
      [
        statement(),
        statement({ number: 2, line: 7 }),
        statement({ file: 'b.sql', text: 'VACUUM users', alone: true }),
      ],
      world.log,
    )
    expect(files).toEqual([
      { name: 'a.sql', statements: 2, rows: 3 },
      { name: 'b.sql', statements: 1, rows: 4 },
    ])
    expect(world.log.lines).toContain('info: a.sql, statement 2 (line 7): 1 row')
    expect(fake.sent).toContain('VACUUM users')
  })

  test('counts are read for many at once', async () => {
    fake.on(
      /BETWEEN 1 AND 500/,
      Array.from({ length: 500 }, (_, index) => [index + 1, 1]),
    )
    fake.on(/BETWEEN 501 AND 501/, [[501, 1]])
    const many = Array.from({ length: 501 }, (_, index) => statement({ number: index + 1 }))
    expect(await runStatements(aDatabase(), many, world.log)).toEqual([
      { name: 'a.sql', statements: 501, rows: 501 },
    ])
    expect(fake.sent).toHaveLength(503)
  })

  test('one that may stand in no procedure runs alone', async () => {
    const fault = sqlFault('DatabaseErrorException', 'not allowed; Error code: 1314; SQLState: 0A000')
    fake
      .on(/^CREATE PROCEDURE/, fault)
      .on(/^UPDATE/, 9)
      .on(/rows_found FROM/, [[1, 9]])
    expect(await runStatements(aDatabase(MYSQL), [statement()], world.log)).toMatchObject([{ rows: 9 }])
    expect(fake.sent.at(-2)).toContain('VALUES (1, 9)')
  })

  test.each([POSTGRESQL, MYSQL])('a fault names file, statement and line', async (dialect) => {
    fake.on(/UPDATE/, sqlFault('DatabaseErrorException', 'ERROR: (anna); SQLState: 23505'))
    const failing = runStatements(aDatabase(dialect), [statement({ number: 3, line: 9 })], world.log)
    await expect(failing).rejects.toMatchObject({
      title: 'Statement failed',
      what: expect.stringMatching(/^a\.sql, statement 3 \(line 9\) failed: SQLSTATE 23505/),
    })
  })

  test('a call of a procedure stands in the block itself, since it may commit', async () => {
    fake.on(/rows_found FROM/, [[1, 0]])
    await runStatements(aDatabase(), [statement({ text: '-- why\nCALL mask()' })], world.log)
    expect(fake.sent[0]).not.toContain('EXECUTE')
  })

  test('statistics show no old values', async () => {
    await renewStatistics(aDatabase(), 7)
    await renewStatistics(aDatabase(MYSQL), 7)
    expect(fake.sent).toHaveLength(2)
    expect(fake.sent[0]).toContain('ANALYZE')
  })
})

test('checks that find rows are told all at once, without the rows', async () => {
  fake.on(/rows_found FROM/, [
    [3, 0],
    [4, 1],
    [5, 2],
  ])
  const checks = [1, 2, 3].map((number) => statement({ file: 'v.sql', number, text: 'SELECT 1' }))
  await expect(runChecks(aDatabase(), checks, { after: 2, log: world.log })).rejects.toMatchObject({
    title: 'Verification failed',
    what: expect.stringContaining(
      'v.sql, statement 2 (line 1) found 1 row, v.sql, statement 3 (line 1) found 2 rows',
    ),
  })
})

describe('columns', () => {
  const decisions = readDecisions([
    { name: 'c.txt', content: Buffer.from('public.users.email: masked\npublic.gone.*: kept') },
  ]).decisions

  test('of every database, page by page', async () => {
    const page = Array.from({ length: 2_000 }, () => ['public', 'users', 'email'])
    fake
      .on(/pg_database/, [['reports', true]])
      .on(/OFFSET 0/, page, [['public', 'users', 'email']])
      .on(/OFFSET 2000/, [['public', 'users', 'email']])
    await expect(checkColumns(aDatabase(), { decisions }, world.log)).rejects.toMatchObject({
      title: 'Column without a decision',
      what: expect.stringContaining('1 column has no line in column-decisions: reports.public.users.email.'),
    })
    expect(world.log.lines).toContain('info: reports.public.users.email: kept')
    expect(world.log.lines.join('\n')).toContain('do not exist: public.gone.* (c.txt:2)')
  })

  test('nobody can look into a database that is closed', async () => {
    fake.on(/pg_database/, [['reports', false]])
    await expect(checkColumns(aDatabase(), { decisions }, world.log)).rejects.toThrow(
      'databases that allow no connection: reports',
    )
  })

  test('nobody has to decide without the input', async () => {
    expect(await checkColumns(aDatabase(), { decisions: undefined }, world.log)).toBeUndefined()
    expect(fake.sent).toEqual([])
  })
})

test('markers of a run that was cut off are replaced only where nothing is changed', async () => {
  const work = (): Promise<number> => Promise.resolve(1)
  await withMarkers(aDatabase(), false, work)
  expect(fake.sent[0]).toMatch(/^CREATE SCHEMA/)
  await withMarkers(aDatabase(), true, work)
  expect(fake.sent[3]).toMatch(/^DROP SCHEMA/)
})

test.each<[Dialect, string]>([
  [POSTGRESQL, 'ERROR: schema "aurora_clone_action" already exists; SQLState: 42P06'],
  [MYSQL, "Can't create database 'aurora_clone_action'; database exists; Error code: 1007; SQLState: HY000"],
])('markers of another run that is at work: nothing runs', async (dialect, message) => {
  fake.on(/^CREATE/, sqlFault('DatabaseErrorException', message))
  const work = (): Promise<number> => Promise.reject(new Error('it ran'))
  await expect(withMarkers(aDatabase(dialect), false, work)).rejects.toMatchObject({
    title: 'Clone not published',
    what: expect.stringContaining('Another run has begun to sanitise this clone'),
  })
})
