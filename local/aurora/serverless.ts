import type { ServerlessV2ScalingConfiguration } from '@aws-sdk/client-rds'
import { invalidCombination, invalidValue } from './aws-fault.ts'
import { supportsZeroCapacity } from './engines.ts'
import type { ServerlessV2Range } from './records.ts'

const MAX_CAPACITY = 256

const isHalfStep = (capacity: number): boolean => Number.isInteger(capacity * 2)

export interface RangeRequest {
  readonly configuration: ServerlessV2ScalingConfiguration
  readonly engine: string
  readonly engineVersion: string
}

/** [aurora §7] */
export function parseServerlessV2Range({
  configuration,
  engine,
  engineVersion,
}: RangeRequest): ServerlessV2Range {
  const { MinCapacity: minCapacity, MaxCapacity: maxCapacity, SecondsUntilAutoPause: pause } = configuration
  if (minCapacity === undefined || maxCapacity === undefined) {
    throw invalidValue('The ServerlessV2ScalingConfiguration must have both MinCapacity and MaxCapacity.')
  }
  if (!isHalfStep(minCapacity) || !isHalfStep(maxCapacity)) {
    throw invalidValue('Serverless v2 capacity must be given in steps of 0.5 ACUs.')
  }
  if (minCapacity < 0 || minCapacity > MAX_CAPACITY) {
    throw invalidValue(
      `Serverless v2 minimum capacity ${minCapacity} isn't valid. Must be between 0 and ${MAX_CAPACITY}.`,
    )
  }
  if (maxCapacity < 1 || maxCapacity > MAX_CAPACITY) {
    throw invalidValue(
      `Serverless v2 maximum capacity ${maxCapacity} isn't valid. Must be between 1 and ${MAX_CAPACITY}.`,
    )
  }
  if (minCapacity > maxCapacity) {
    throw invalidValue('Serverless v2 minimum capacity must be less than or equal to the maximum capacity.')
  }
  if (minCapacity === 0 && !supportsZeroCapacity(engine, engineVersion)) {
    throw invalidValue(`Serverless v2 capacity 0 isn't valid for ${engine} ${engineVersion}. Minimum is 0.5.`)
  }
  if (pause === undefined) {
    return minCapacity === 0
      ? { minCapacity, maxCapacity, secondsUntilAutoPause: 300 }
      : { minCapacity, maxCapacity }
  }
  if (minCapacity !== 0) {
    throw invalidCombination("SecondsUntilAutoPause can't be set when the minimum capacity isn't 0.")
  }
  if (!Number.isInteger(pause) || pause < 300 || pause > 86_400) {
    throw invalidValue(`SecondsUntilAutoPause ${pause} isn't valid. Must be between 300 and 86400.`)
  }
  return { minCapacity, maxCapacity, secondsUntilAutoPause: pause }
}
