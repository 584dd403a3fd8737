import { expect } from '@jest/globals'
import type { StepResult } from '../../local/runner/step.ts'
import { type Plant, plantedCluster } from '../planted-clones.ts'
import type { World } from './world.ts'

/** Puts such a cluster there; a call of the action's that would change a foreign one fails the test. */
export function plant(
  world: World,
  { isForeign = false, ...options }: Plant & { readonly isForeign?: boolean } = {},
): string {
  const cluster = plantedCluster(world.cloud.clock.now(), options)
  if (isForeign) world.seedForeign(cluster)
  else world.cloud.region.seedCluster(cluster)
  return cluster.identifier
}

/** Names of what the action asked AWS to delete, clusters and instances, whether or not AWS did. */
export function deletions(world: World): readonly string[] {
  return world.cloud.aws.requests
    .filter(({ operation }) => operation.startsWith('Delete'))
    .map(({ input }) => String(input['DBInstanceIdentifier'] ?? input['DBClusterIdentifier']))
}

/** How every run ends, whatever met it: by itself, and with one error that tells why it failed, or with none. */
export function expectPlainEnd({ timedOut, exitCode, annotations }: StepResult): void {
  expect({
    timedOut,
    exitCode,
    errors: annotations.filter(({ level }) => level === 'error').length,
  }).toEqual({ timedOut: false, exitCode: exitCode === 0 ? 0 : 1, errors: exitCode === 0 ? 0 : 1 })
}

/** Everything that people read of a run, but for the comment. */
export function told({ log, summary, annotations }: StepResult): string {
  return [log, summary, ...annotations.map(({ message }) => message)].join('\n')
}

export const SWEEP = { mode: 'sweep', 'dry-run': 'false' }
