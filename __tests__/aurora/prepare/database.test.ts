import { beforeEach, describe, expect, test } from '@jest/globals'
import { AwsCallError } from '../../../src/aurora/api/aws-call.ts'
import {
  CloneDatabase,
  StatementError,
  isNoProcedure,
  isThereAlready,
} from '../../../src/aurora/prepare/database.ts'
import { POSTGRESQL } from '../../../src/sanitise/dialects/postgresql.ts'
import { aWorld } from '../../world.ts'
import { FakeDatabase, sqlFault } from './fake-database.ts'

let fake: FakeDatabase
let database: CloneDatabase
let beats: number

beforeEach(() => {
  fake = new FakeDatabase()
  beats = 0
  database = new CloneDatabase(
    { ...aWorld().aws, dataApi: fake.api },
    {
      clusterArn: 'arn:cluster',
      secretArn: 'arn:secret',
      database: 'shop',
      dialect: POSTGRESQL,
      beat: () => {
        beats += 1
        return Promise.resolve()
      },
    },
  )
})

const DUPLICATE = sqlFault('DatabaseErrorException', 'ERROR: duplicate (anna); SQLState: 23505')

describe('a question', () => {
  test('is asked again until the database is there', async () => {
    fake.on(
      /SELECT/,
      sqlFault('DatabaseResumingException'),
      sqlFault('DatabaseUnavailableException', 'x', 504),
      sqlFault('InternalServerErrorException', 'x', 500),
      [[7]],
    )
    expect(await database.askNumber({ sql: 'SELECT 7' })).toBe(7)
    expect([fake.sent.length, beats]).toEqual([4, 4])
  })

  test.each<[string, Error, object]>([
    [
      'a fault of the database, without its data',
      DUPLICATE,
      { message: expect.not.stringContaining('anna') },
    ],
    [
      'words that AWS does not have',
      sqlFault('BadRequestException', 'Database error code: 1062. Message: anna'),
      { message: expect.not.stringContaining('anna') },
    ],
    ['a denial', sqlFault('AccessDeniedException', 'no', 403), { code: 'AccessDeniedException' }],
    [
      'a fault of the request',
      sqlFault('BadRequestException', 'Database returned more than the allowed response size limit'),
      { code: 'BadRequestException' },
    ],
  ])('%s is thrown', async (_, fault, thrown) => {
    fake.on(/SELECT/, fault)
    await expect(database.ask({ sql: 'SELECT 1' })).rejects.toMatchObject(thrown)
    expect(fake.sent).toHaveLength(1)
  })
})

describe('a statement that must not run twice', () => {
  const RUNNING = /pg_stat_activity/
  const MARKERS = /rows_found FROM/
  const calls = { run: 'DO it', after: ['tidy up'] }

  test('AWS’s answer proves it', async () => {
    await database.runMarked(1, calls)
    expect(fake.sent).toEqual(['DO it', 'tidy up'])
  })

  test('a database that is not awake has not seen it', async () => {
    fake.on(/DO it/, sqlFault('DatabaseResumingException'), sqlFault('ThrottlingException', 'x', 429), 0)
    await database.runMarked(1, calls)
    expect(fake.sentLike(/DO it/)).toHaveLength(3)
  })

  test.each([
    ['its time is over', sqlFault('StatementTimeoutException')],
    ['the answer is lost', sqlFault('TimeoutError', 'no answer', 200)],
    ['AWS has a fault', sqlFault('InternalServerErrorException', 'x', 500)],
  ])('%s: it is not sent again, and its marker proves it', async (_, fault) => {
    fake
      .on(/DO it/, fault)
      .on(MARKERS, [], [], [[1, 5]])
      .on(RUNNING, [[1]])
    await database.runMarked(1, calls)
    expect(fake.sentLike(/DO it/)).toHaveLength(1)
    expect(fake.sentLike(RUNNING)).toHaveLength(2)
  })

  test('it has ended between the two looks', async () => {
    fake
      .on(/DO it/, sqlFault('StatementTimeoutException'))
      .on(MARKERS, [], [[1, 5]])
      .on(RUNNING, [[0]])
    await database.runMarked(1, calls)
  })

  test('it has ended without a marker', async () => {
    fake.on(/DO it/, sqlFault('StatementTimeoutException')).on(RUNNING, [[1]], [[0]])
    await expect(database.runMarked(1, calls)).rejects.toThrow('it ended without success')
  })

  test('what stands alone needs the answer', async () => {
    fake.on(/^VACUUM/, 3)
    await database.runAlone(4, 'VACUUM users')
    expect(fake.sent.at(-1)).toContain('VALUES (4, 3)')
    fake.on(/^REINDEX/, sqlFault('StatementTimeoutException'))
    await expect(database.runAlone(5, 'REINDEX')).rejects.toThrow('nothing proves its success')
  })

  test('a fault of the database is told without its data', async () => {
    fake.on(/DO it/, DUPLICATE)
    await expect(database.runMarked(1, calls)).rejects.toThrow(StatementError)
    expect(fake.sent).toHaveLength(1)
  })

  test('counts are told only if each has its marker', async () => {
    fake.on(MARKERS, [
      [2, 5],
      [1, 0],
    ])
    expect(await database.counts(1, 2)).toEqual([0, 5])
    await expect(database.counts(1, 3)).rejects.toThrow('does not say that each statement has succeeded')
  })
})

test.each<[string, typeof isNoProcedure, boolean]>([
  [
    'not supported in the prepared statement protocol yet; Error code: 1295; SQLState: HY000',
    isNoProcedure,
    true,
  ],
  ['LOCK is not allowed in stored procedures; Error code: 1314; SQLState: 0A000', isNoProcedure, true],
  ['Multistatements aren’t supported.', isNoProcedure, true],
  ["Table 'x' doesn't exist; Error code: 1146; SQLState: 42S02", isNoProcedure, false],
  ['ERROR: schema "x" already exists; SQLState: 42P06', isThereAlready, true],
  ["Can't create database 'x'; database exists; Error code: 1007; SQLState: HY000", isThereAlready, true],
  ['ERROR: relation "x" already exists; SQLState: 42P07', isThereAlready, false],
])('%s: %p', (message, judge, expected) => {
  const cause = new AwsCallError('ExecuteStatement', sqlFault('DatabaseErrorException', message))
  expect(judge(new StatementError('x', cause))).toBe(expected)
  expect(judge(cause)).toBe(false)
})
