import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data'
import type { ExecuteStatementCommandInput } from '@aws-sdk/client-rds-data'
import { ModifyDBClusterCommand } from '@aws-sdk/client-rds'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { firstNamedParameter } from '../../../local/aurora/named-parameters.ts'
import { type Cloud, MINUTE, REGION, SECOND, startCloud } from './cloud.ts'

// The RDS Data API, as far as it needs no database.

let cloud: Cloud

beforeEach(async () => {
  cloud = await startCloud()
})

afterEach(async () => {
  await cloud.close()
})

async function execute(input: Partial<ExecuteStatementCommandInput> = {}): Promise<unknown> {
  const data = new RDSDataClient({
    endpoint: cloud.server.url,
    region: REGION,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    maxAttempts: 1,
  })
  const { arn, managedSecret } = cloud.region.cluster('app') ?? {}
  const login = { resourceArn: arn, secretArn: managedSecret?.arn, sql: 'SELECT 1' }
  const { records } = await data.send(new ExecuteStatementCommand({ ...login, ...input }))
  return records
}

async function aCluster(seed: Partial<Parameters<Cloud['region']['seedCluster']>[0]> = {}): Promise<void> {
  cloud.region.seedCluster({ identifier: 'app', httpEndpointEnabled: true, ...seed })
  const change = { ManageMasterUserPassword: true, ApplyImmediately: true }
  await cloud.client.send(new ModifyDBClusterCommand({ DBClusterIdentifier: 'app', ...change }))
  cloud.clock.pass(MINUTE)
}

describe('what may be asked', () => {
  test.each<[what: string, input: Partial<ExecuteStatementCommandInput>, name: string, message: string]>([
    ['a schema', { schema: 'public' }, 'ValidationException', "schema parameter isn't supported"],
    ['a transaction', { transactionId: 'x' }, 'TransactionNotFoundException', 'Transaction x is not found'],
    ['no statement', { sql: '' }, 'ValidationException', 'sql must not be empty'],
    ['parameters', { parameters: [{ name: 'a' }] }, 'ValidationException', 'does not know'],
    ['JSON', { formatRecordsAs: 'JSON' }, 'ValidationException', 'does not know'],
    ['a long text', { sql: `SELECT '${'x'.repeat(65_536)}'` }, 'BadRequestException', 'longer than 65536'],
    ['a named parameter', { sql: 'SELECT :id' }, 'BadRequestException', 'Cannot find parameter: id'],
    ['another secret', { secretArn: 'arn:x' }, 'BadRequestException', 'not one of this cluster'],
  ])('%s is refused', async (_, input, name, message) => {
    await aCluster()
    await expect(execute(input)).rejects.toMatchObject({ name, message: expect.stringContaining(message) })
  })
})

test('a cluster that has paused wakes with the first call', async () => {
  await aCluster()
  cloud.region.pauseCluster('app')
  cloud.clock.pass(MINUTE)
  const resuming = { name: 'DatabaseResumingException', message: expect.stringContaining('auto-paused') }
  await expect(execute()).rejects.toMatchObject(resuming)
  cloud.clock.pass(14 * SECOND)
  await expect(execute()).rejects.toMatchObject(resuming)
  cloud.clock.pass(SECOND)
  expect(await execute()).toEqual([[{ longValue: 1 }]])
})

test('a secret that somebody has deleted opens nothing', async () => {
  await aCluster()
  cloud.region.deleteSecret('app')
  await expect(execute()).rejects.toMatchObject({ name: 'SecretsErrorException' })
})

test('without a database, that of the user’s name is meant', async () => {
  await aCluster({ masterUsername: 'root', databaseName: 'shop' })
  await expect(execute()).rejects.toThrow('FATAL: database "root" does not exist; SQLState: 3D000')
  expect(await execute({ database: 'shop' })).toEqual([[{ longValue: 1 }]])
})

describe('named parameters', () => {
  test.each<[engine: string, sql: string, name: string | undefined]>([
    ['aurora-postgresql', 'SELECT a FROM t WHERE id = :id', 'id'],
    ['aurora-postgresql', "SELECT ':a', E'\\':b', \":c\", 1::text -- :d", undefined],
    ['aurora-postgresql', 'DO $$ BEGIN x := 1; /* :e */ END $$', undefined],
    ['aurora-postgresql', 'DO $a$ :f $$ $a$ :g', 'g'],
    ['aurora-postgresql', 'SELECT a[1:n]', undefined],
    ['aurora-postgresql', "SELECT '12:30:45'", undefined],
    ['aurora-mysql', "SELECT ':a', '\\':b', `:c`, @x := 1 # :d", undefined],
    ['aurora-mysql', 'again: LOOP SELECT :e', 'e'],
  ])('%s: %s', (engine, sql, name) => {
    expect(firstNamedParameter(engine, sql)).toBe(name)
  })
})
