/**
 * Statuses of clusters and instances, sorted by what they mean for somebody who waits (Aurora user guide, "Viewing DB cluster
 * status" and "Viewing DB instance status"; the values that only AWS's own controllers know are from ACK and the
 * CloudFormation handlers). New ones appear over time: what is not named here is waited for, never acted on.
 */

export type ClusterPhase = 'available' | 'deleting' | 'stopped' | 'failed' | 'transient'

const FAILED_CLUSTER = new Set([
  'cloning-failed',
  'migration-failed',
  'upgrade_failed',
  'upgrade-failed',
  'inaccessible-encryption-credentials',
  'inaccessible-encryption-credentials-recoverable',
  'failed',
  'restore-failed',
  'incompatible-restore',
  'incompatible-network',
  'incompatible-parameters',
  'storage-failure',
  'insufficient-capacity',
  'insufficient-resource-limits',
])

const FAILED_INSTANCE = new Set([
  'failed',
  'inaccessible-encryption-credentials',
  'inaccessible-encryption-credentials-recoverable',
  'incompatible-create',
  'incompatible-credentials',
  'incompatible-network',
  'incompatible-option-group',
  'incompatible-parameters',
  'incompatible-restore',
  'insufficient-capacity',
  'modify-failed',
  'restore-error',
  'storage-full',
  'unsupported-configuration',
  'upgrade_failed',
  'upgrade-failed',
])

/** Failures that only a cluster or instance that was never available can have. */
const FAILED_AT_BIRTH = new Set([
  'cloning-failed',
  'restore-failed',
  'restore-error',
  'incompatible-restore',
  'incompatible-create',
])

/** What was asked for and does not fit. */
export type Misfit = 'parameters' | 'key' | 'network' | 'configuration'

/** Failures that come from what was asked for: asking again for the same gives the same. */
const MISFIT: ReadonlyMap<string, Misfit> = new Map([
  ['inaccessible-encryption-credentials', 'key'],
  ['inaccessible-encryption-credentials-recoverable', 'key'],
  ['incompatible-network', 'network'],
  ['incompatible-option-group', 'configuration'],
  ['incompatible-parameters', 'parameters'],
  ['unsupported-configuration', 'configuration'],
])

export function clusterPhase(status: string): ClusterPhase {
  const known = status.toLowerCase()
  if (known === 'available' || known === 'deleting' || known === 'stopped') return known
  return FAILED_CLUSTER.has(known) ? 'failed' : 'transient'
}

export function instancePhase(status: string): ClusterPhase {
  const known = status.toLowerCase()
  if (known === 'available' || known === 'deleting' || known === 'stopped') return known
  return FAILED_INSTANCE.has(known) ? 'failed' : 'transient'
}

export function failedAtBirth(status: string): boolean {
  return FAILED_AT_BIRTH.has(status.toLowerCase())
}

export function misfitOf(status: string): Misfit | undefined {
  return MISFIT.get(status.toLowerCase())
}
