import { formatDuration } from '../../duration.ts'
import { Failure } from '../../failure.ts'
import { counted } from '../../counted.ts'
import { type AwsCallError, hasCode } from '../api/aws-call.ts'
import { explainAwsError } from '../api/explain.ts'
import type { ClusterSnapshot } from '../api/snapshot.ts'
import { clusterPhase } from '../api/statuses.ts'
import type { CloneIdentity } from '../clone/identity.ts'
import { supersededAmong } from '../clone/incarnations.ts'
import { type OwnedClone, newestFirst, ownedClones, ownerOf } from '../clone/ownership.ts'
import { judgeOrphan } from '../clone/sweep-verdict.ts'

/** What fills a limit. Of other repositories it has only the number. */
export interface Crowd {
  readonly count: number
  /** The clones of this repository, oldest first. */
  readonly own: readonly OwnedClone[]
  /** Those of them that any sweep deletes, whatever their pull requests say. */
  readonly due: number
}

interface Asking extends Pick<CloneIdentity, 'server' | 'repositoryId'> {
  /** AWS's time; `undefined` if its answers did not tell. */
  readonly nowMs: number | undefined
}

/** `counted`: the clusters that the limit counts. Superseded clones are found in the whole listing. Pure. */
export function crowdOf(
  {
    listed,
    counted: those,
  }: Readonly<{ listed: readonly ClusterSnapshot[]; counted: readonly ClusterSnapshot[] }>,
  { server, repositoryId, nowMs }: Asking,
): Crowd {
  const all = ownedClones(listed, { server, repositoryId })
  const superseded = supersededAmong(all)
  const identifiers = new Set(those.map(({ identifier }) => identifier))
  const own = newestFirst(all.filter(({ cluster }) => identifiers.has(cluster.identifier))).toReversed()
  const isDue = (clone: OwnedClone): boolean =>
    judgeOrphan({
      clone,
      reading: undefined,
      repositoryLabels: undefined,
      // The sweep may have any `keep-latest`, which keeps clones without a pull request.
      isLatest: ownerOf(clone).pullRequest === undefined,
      isSuperseded: superseded.has(clone.cluster.identifier),
      nowMs,
    }).action === 'delete'
  return { count: those.length, own, due: own.filter(isDue).length }
}

const MOST_NAMES = 5

/** Whose the clusters are, and the oldest ones that a person of this repository can do something about. */
function sayWhose({ count, own }: Crowd, nowMs: number | undefined): string {
  const others = count - own.length
  const named = own.filter(({ cluster }) => clusterPhase(cluster.status) !== 'deleting').slice(0, MOST_NAMES)
  const names = named.map((clone) => {
    const { pullRequest, key } = ownerOf(clone)
    const age = nowMs === undefined ? '' : `, ${formatDuration(nowMs - clone.createdAtMs)} old`
    return `"${clone.cluster.identifier}" (${pullRequest === undefined ? key : `pull request #${pullRequest}`}${age})`
  })
  return joined(
    `${own.length} of these clusters ${own.length === 1 ? 'is a clone' : 'are clones'} of this repository, ${others} ${others === 1 ? 'is not' : 'are not'}.`,
    names.length === 0 ? undefined : `The oldest of this repository: ${names.join(', ')}.`,
  )
}

/** `undefined`: a sweep is not sure to free anything. */
function sweepAdvice({ due }: Crowd): string | undefined {
  return due === 0 ? undefined : `Run mode sweep: it deletes at least ${due} of them.`
}

function joined(...sentences: readonly (string | undefined)[]): string {
  return sentences.filter((sentence) => sentence !== undefined).join(' ')
}

/** `isFreeSoon`: enough of the family is being deleted. */
export function cloneLimitReached(
  crowd: Crowd,
  {
    source,
    maxClones,
    beingDeleted,
    isFreeSoon,
    nowMs,
  }: Readonly<{
    source: string
    maxClones: number
    beingDeleted: number
    isFreeSoon: boolean
    nowMs: number | undefined
  }>,
): Failure {
  return new Failure({
    title: 'Clone limit reached',
    what: joined(
      `The clone group of source cluster "${source}" has ${crowd.count} other ${crowd.count === 1 ? 'cluster' : 'clusters'}; max-clones is ${maxClones}.`,
      sayWhose(crowd, nowMs),
      'After 15 copy-on-write clones AWS makes full copies without a warning. They are slow, and you pay for all of their storage. AWS needs one of the 15 for upgrades and exports of the source.',
    ),
    remedy: isFreeSoon
      ? `AWS is deleting ${beingDeleted} of them: run again in some minutes, or with wait: true.`
      : joined(
          sweepAdvice(crowd),
          'Destroy clones that are not needed, or clone from a full copy (restore-to-time).',
        ),
  })
}

/** AWS's default for clusters and for instances (Aurora user guide, "Quotas and constraints"). */
const DEFAULT_QUOTA = 40

/**
 * A quota that AWS refuses a cluster or an instance for, with what the listing shows. `mayBeShared`: it may have clusters of other
 * accounts. Pure.
 */
export function quotaExceeded(
  error: AwsCallError,
  clusters: readonly ClusterSnapshot[],
  { mayBeShared, ...asking }: Asking & { readonly mayBeShared: boolean },
): Failure {
  const explained = explainAwsError(error)
  const [first] = ownedClones(clusters, asking)
  const account = first === undefined ? undefined : accountOf(first.cluster)
  const isOfInstances = hasCode(error, 'InstanceQuotaExceededFault')
  const isCounted = isOfInstances || hasCode(error, 'DBClusterQuotaExceededFault')
  if (!isCounted || (mayBeShared && account === undefined)) return explained
  const listed = mayBeShared ? clusters.filter((cluster) => accountOf(cluster) === account) : clusters
  const those = isOfInstances ? listed.filter(({ members }) => members.length > 0) : listed
  const crowd = crowdOf({ listed, counted: those }, asking)
  const instances = listed.reduce((sum, { members }) => sum + members.length, 0)
  return new Failure({
    title: explained.title,
    what: joined(
      explained.what,
      isOfInstances
        ? `This Region has ${counted(instances, 'Aurora instance')} in ${counted(crowd.count, 'cluster')}; AWS allows ${DEFAULT_QUOTA} instances by default, with those of RDS, Neptune and DocumentDB.`
        : `This Region has ${counted(crowd.count, 'Aurora cluster')}; AWS allows ${DEFAULT_QUOTA} by default.`,
      sayWhose(crowd, asking.nowMs),
    ),
    remedy: joined(sweepAdvice(crowd), explained.remedy),
    requestId: error.requestId,
    cause: error,
  })
}

function accountOf({ arn }: ClusterSnapshot): string | undefined {
  return arn.split(':')[4]
}
