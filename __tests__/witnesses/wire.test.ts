import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { AwsFault } from '../../local/aurora/aws-fault.ts'
import { type AwsService, type OperationModel, operationModel } from '../../local/aurora/protocol/model.ts'
import { parseQuery } from '../../local/aurora/protocol/query.ts'
import { resultXml } from '../../local/aurora/protocol/xml.ts'
import { FIRST_USE_TIMEOUT_MS, Python, pythonPrograms } from './python.ts'
import { implementedOperations } from './service-facts.ts'

type Values = Readonly<Record<string, unknown>>

/** What botocore_requests.py prints of an operation. */
interface Described {
  readonly service: AwsService
  readonly operation: string
  readonly parameters: Values
  readonly body: string
  readonly required: readonly string[]
  readonly bodiesWithout: Readonly<Record<string, string>>
  readonly answer: Values
}

const OPERATIONS = [...implementedOperations('rds'), ...implementedOperations('sts')]
const NAMES = OPERATIONS.map(({ service, name }) => [service, name] as const)

let client: Python
let described: readonly Described[]

beforeAll(async () => {
  // Nothing is called: botocore only writes and reads.
  client = new Python(await pythonPrograms(), 'http://127.0.0.1:9')
  described = await client.run('botocore_requests.py', NAMES)
}, FIRST_USE_TIMEOUT_MS)

afterAll(() => {
  client.close()
})

function modelOf({ service, operation }: Described): OperationModel {
  const model = operationModel(service, operation)
  if (model === undefined) throw new Error(`no ${operation}`)
  return model
}

const read = (one: Described, body: string): unknown =>
  plain(parseQuery(new URLSearchParams(body), modelOf(one).input))

/** As JSON has it: times as text. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

function refusalOf(one: Described, body: string): string | undefined {
  try {
    read(one, body)
    return undefined
  } catch (error) {
    return error instanceof AwsFault ? `${error.code}: ${error.message}` : String(error)
  }
}

describe('what botocore writes', () => {
  test('the local cloud reads, with every member of every operation', () => {
    expect(described).toHaveLength(NAMES.length)
    for (const one of described) {
      expect({ [one.operation]: read(one, one.body) }).toEqual({ [one.operation]: one.parameters })
    }
  })

  test('is refused for a member left out exactly where botocore requires it', () => {
    for (const one of described) {
      const refusals = Object.entries(one.bodiesWithout).flatMap(([member, body]) => {
        const refusal = refusalOf(one, body)
        return refusal === undefined ? [] : [[member, refusal] as const]
      })
      const expected = one.required.map((member) => [
        member,
        `MissingParameter: The request must contain the parameter ${member}.`,
      ])
      expect({ [one.operation]: refusals.toSorted() }).toEqual({ [one.operation]: expected.toSorted() })
    }
  })
})

describe('what the local cloud writes', () => {
  test('botocore reads, with every member of every operation', async () => {
    const answers = described.map((one) => {
      const output = withTimes(one.answer) as object
      return [
        one.service,
        one.operation,
        resultXml({ operation: modelOf(one), output, requestId: 'request-1' }),
      ]
    })
    const understood = await client.run<readonly unknown[]>('botocore_answers.py', answers)
    for (const [index, one] of described.entries()) {
      expect({ [one.operation]: understood[index] }).toEqual({ [one.operation]: one.answer })
    }
  })
})

/** The answer as operations give it: times as times. */
function withTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withTimes)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withTimes(inner)]))
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT.*Z$/.test(value) ? new Date(value) : value
}
