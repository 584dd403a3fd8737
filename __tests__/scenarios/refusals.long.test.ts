import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { type RdsFaultName, rdsFault } from '../../local/aurora/protocol/model.ts'
import { type World, aWorld } from './world.ts'

// Whatever AWS refuses: correct the input or the permission, run again, and the clone is ready. Nobody deletes anything by hand.

const RESTORE = 'RestoreDBClusterToPointInTime'
const INSTANCE = 'CreateDBInstance'
type Operation = typeof RESTORE | typeof INSTANCE

interface Fault {
  readonly code: string
  readonly httpStatus: number
  readonly message: string
}

/** The faults that AWS lists for an operation, as the SDK documents them. */
function listedFaults(operation: Operation): readonly RdsFaultName[] {
  const sdk = dirname(createRequire(import.meta.url).resolve('@aws-sdk/client-rds/package.json'))
  const text = readFileSync(join(sdk, 'dist-types', 'commands', `${operation}Command.d.ts`), 'utf8')
  const names = [...text.matchAll(/@throws \{@link (\w+)\} \(client fault\)/g)].map(([, name = '']) => name)
  return names as RdsFaultName[]
}

/** Texts that people have met (field reports), and codes that every operation of AWS may answer with. */
const BY_TEXT: readonly (readonly [Operation, Fault])[] = [
  [
    RESTORE,
    refused(
      'InvalidParameterCombination',
      'The Parameter Group x with DBParameterGroupFamily y cannot be used.',
    ),
  ],
  [
    RESTORE,
    refused(
      'InvalidParameterCombination',
      'The serverless v2 configuration is not supported by this engine version.',
    ),
  ],
  [
    RESTORE,
    refused('InvalidParameterCombination', 'KmsKeyId can not be given: the source is not encrypted.'),
  ],
  [RESTORE, refused('InvalidParameterValue', 'Invalid security group, groupId= sg-0, groupName= .')],
  [
    INSTANCE,
    refused(
      'InvalidParameterCombination',
      'RDS does not support creating a DB instance with this DBInstanceClass.',
    ),
  ],
  [
    INSTANCE,
    refused(
      'InvalidParameterCombination',
      'The Parameter Group x with DBParameterGroupFamily y cannot be used.',
    ),
  ],
  [INSTANCE, refused('InvalidParameterValue', 'Cannot find version 16.4 for aurora-postgresql')],
  ...[RESTORE, INSTANCE].flatMap((operation) =>
    ['in a service control policy', 'in a permissions boundary', 'in an identity-based policy'].map(
      (where) => [operation as Operation, denied(`with an explicit deny ${where}`)] as const,
    ),
  ),
  [RESTORE, denied('because no identity-based policy allows it')],
  [INSTANCE, denied('because no identity-based policy allows it')],
  [INSTANCE, { code: 'SomethingNew', httpStatus: 400, message: 'Nobody has seen this before.' }],
]

function refused(code: string, message: string): Fault {
  return { code, httpStatus: 400, message }
}

function denied(because: string): Fault {
  const message = `User: arn:aws:sts::123456789012:assumed-role/ci/session is not authorized to perform: rds:X on resource: y ${because}`
  return { code: 'AccessDenied', httpStatus: 403, message }
}

const CASES = [
  ...([RESTORE, INSTANCE] as const).flatMap((operation) =>
    listedFaults(operation).map((name) => [operation, rdsFault(name, `Refused: ${name}.`)] as const),
  ),
  ...BY_TEXT,
].map(([operation, { code, httpStatus, message }]) => [operation, { code, httpStatus, message }] as const)

function errorOf({ annotations }: Awaited<ReturnType<World['play']>>): string {
  const errors = annotations.filter(({ level }) => level === 'error')
  expect(errors).toHaveLength(1)
  return `${errors[0]?.title ?? ''}: ${errors[0]?.message ?? ''}`
}

test('the lists of the SDK are read', () => {
  expect(CASES.length).toBeGreaterThan(50)
})

describe('refused, corrected, ready', () => {
  test.each(CASES.map((one, index) => [...one, index % 16 !== 0] as const))(
    '%s: %j (in process: %s)',
    async (operation, fault, inProcess) => {
      const world = await aWorld({ inProcess })
      const endFault = world.cloud.aws.faults.add({ operation, fault })
      const inputs = { 'wait-timeout': '5m', tags: 'CostCenter=41' }
      errorOf(await world.create(inputs))
      endFault()
      const run = await world.create({ ...inputs, tags: 'CostCenter=42' })
      expect(run.outputs).toMatchObject({ outcome: 'ready' })
      const { identifier, tags } = world.clone()
      expect(tags).toMatchObject({ CostCenter: '42' })
      expect(world.cloud.region.instance(`${identifier}-1`)?.tags).toMatchObject({ CostCenter: '42' })
    },
  )
})

test.each(CASES.filter((_, index) => index % 8 === 0))(
  'with the same inputs the error is the same, and nothing is removed: %s, %j',
  async (operation, fault) => {
    const world = await aWorld({ inProcess: true })
    world.cloud.aws.faults.add({ operation, fault })
    const inputs = { 'wait-timeout': '5m', tags: 'CostCenter=41' }
    const [first, second] = [errorOf(await world.create(inputs)), errorOf(await world.create(inputs))]
    expect(withoutTimes(second)).toBe(withoutTimes(first))
    expect(world.mutations().filter((name) => name.startsWith('Delete'))).toEqual([])
  },
)

/** AWS's request and the times in a message differ from run to run. */
function withoutTimes(text: string): string {
  return text.replaceAll(/\d{4}-\d{2}-\d{2}T[\d:.]+Z|request [\w-]+/g, '…')
}
