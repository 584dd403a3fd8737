/**
 * Statuses of clusters and instances, sorted by their meaning for a run that waits. Sources: Aurora user guide, "Viewing DB
 * cluster status" and "Viewing DB instance status"; ACK and the CloudFormation handlers for values that only AWS's
 * controllers know. New statuses appear over time: a run waits for one that is not named here, and never acts on it.
 */

export type ClusterPhase = 'available' | 'deleting' | 'stopped' | 'failed' | 'transient'

const FAILED = [
  'failed',
  'inaccessible-encryption-credentials',
  'inaccessible-encryption-credentials-recoverable',
  'incompatible-network',
  'incompatible-parameters',
  'incompatible-restore',
  'insufficient-capacity',
  'upgrade_failed',
  'upgrade-failed',
]

const FAILED_CLUSTER = new Set([
  ...FAILED,
  'cloning-failed',
  'insufficient-resource-limits',
  'migration-failed',
  'restore-failed',
  'storage-failure',
])

const FAILED_INSTANCE = new Set([
  ...FAILED,
  'incompatible-create',
  'incompatible-credentials',
  'incompatible-option-group',
  'modify-failed',
  'restore-error',
  'storage-full',
  'unsupported-configuration',
])

/** Failures that occur only before a cluster or instance was ever available. */
const FAILED_AT_BIRTH = new Set([
  'cloning-failed',
  'restore-failed',
  'restore-error',
  'incompatible-restore',
  'incompatible-create',
])

/** The part of the request that does not fit. */
export type Misfit = 'parameters' | 'key' | 'network' | 'configuration'

/** Failures that the request causes: the same request would fail again. */
const MISFIT: ReadonlyMap<string, Misfit> = new Map([
  ['inaccessible-encryption-credentials', 'key'],
  ['inaccessible-encryption-credentials-recoverable', 'key'],
  ['incompatible-network', 'network'],
  ['incompatible-option-group', 'configuration'],
  ['incompatible-parameters', 'parameters'],
  ['unsupported-configuration', 'configuration'],
])

export function clusterPhase(status: string): ClusterPhase {
  return phaseOf(status, FAILED_CLUSTER)
}

export function instancePhase(status: string): ClusterPhase {
  return phaseOf(status, FAILED_INSTANCE)
}

function phaseOf(status: string, failed: ReadonlySet<string>): ClusterPhase {
  const known = status.toLowerCase()
  if (known === 'available' || known === 'deleting' || known === 'stopped') return known
  return failed.has(known) ? 'failed' : 'transient'
}

export function failedAtBirth(status: string): boolean {
  return FAILED_AT_BIRTH.has(status.toLowerCase())
}

export function misfitOf(status: string): Misfit | undefined {
  return MISFIT.get(status.toLowerCase())
}
