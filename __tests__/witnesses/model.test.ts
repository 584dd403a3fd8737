import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import type { AwsService } from '../../local/aurora/protocol/model.ts'
import { type ServiceModel, botocoreModel } from './botocore-model.ts'
import { FIRST_USE_TIMEOUT_MS, pythonPrograms } from './python.ts'
import { raisedFaults } from './raised-faults.ts'
import { botocoreFacts, differences, implementedOperations, localFacts } from './service-facts.ts'

const SERVICES = ['rds', 'sts'] as const

interface ListedDifference {
  readonly difference: string
  readonly reason: string
}

const listed = JSON.parse(
  readFileSync(join(import.meta.dirname, 'model-differences.json'), 'utf8'),
) as readonly ListedDifference[]

let models: Readonly<Record<AwsService, ServiceModel>>

beforeAll(async () => {
  const bin = await pythonPrograms()
  models = { rds: botocoreModel(bin, 'rds'), sts: botocoreModel(bin, 'sts') }
}, FIRST_USE_TIMEOUT_MS)

function modelDifferences(service: AwsService): readonly string[] {
  const model = models[service]
  const operations = implementedOperations(service).map(({ name }) => name)
  const errors = operations.flatMap((name) => model.operations[name]?.errors ?? [])
  const names = [...new Set(errors.map(({ shape }) => shape))]
  return differences(service, localFacts(service, names), botocoreFacts(model, operations))
}

/** Refusals that an operation of the local cloud can come to and AWS's model does not give it. */
function refusalDifferences({ operations, shapes }: ServiceModel): readonly string[] {
  const names = Object.keys(shapes).filter((name) => shapes[name]?.exception === true)
  const { byOperation, plainCodes } = raisedFaults(new Set(names))
  const codes = new Set(names.map((name) => shapes[name]?.error?.code ?? name))
  return [
    ...[...byOperation].flatMap(([operation, faults]) => {
      const known = (operations[operation]?.errors ?? []).map(({ shape }) => shape)
      return [...faults]
        .filter((fault) => !known.includes(fault))
        .map((fault) => `rds ${operation} can be refused with ${fault}: not in botocore`)
    }),
    ...[...plainCodes]
      .filter((code) => !codes.has(code))
      .map((code) => `rds error code ${code}: not in botocore`),
  ]
}

describe('botocore’s model of what the local cloud implements', () => {
  test('is compared for the operations that are there', () => {
    const names = implementedOperations('rds').map(({ name }) => name)
    expect(names.length).toBeGreaterThanOrEqual(15)
    expect(names).toContain('RestoreDBClusterToPointInTime')
    expect(names.filter((name) => models.rds.operations[name] === undefined)).toEqual([])
    expect(implementedOperations('sts').map(({ name }) => name)).toEqual(['GetCallerIdentity'])
  })

  test('differs where model-differences.json says so, and nowhere else', () => {
    const found = [...SERVICES.flatMap(modelDifferences), ...refusalDifferences(models.rds)]
    expect(found.toSorted()).toEqual(listed.map(({ difference }) => difference).toSorted())
  })

  test('has a reason for every difference', () => {
    expect(listed.filter(({ reason }) => !/^.{20,}\.$/.test(reason))).toEqual([])
  })
})
