import { ownershipOf } from '../aurora/clone/ownership.ts'
import type { ClusterSnapshot } from '../aurora/api/snapshot.ts'
import { type CloneIdentity, isIdentifierOf } from '../aurora/clone/identity.ts'
import type { SweepVerdict } from '../aurora/clone/sweep-verdict.ts'
import { TAG, claimedIdentity } from '../aurora/clone/tags.ts'
import { Cancelled, Failure } from '../failure.ts'
import { ALLOW_LIST_REMEDY, isAllowList } from '../github/reason.ts'
import type { Log } from '../log.ts'
import type { Outcome, SweepReport } from '../outcome.ts'
import { counted } from '../counted.ts'
import { UNKNOWN_LABEL_REMEDY } from './lost-label.ts'
import type { ExplainedRemoval } from './remove-clone.ts'

/** A task for a person after a sweep. */
type Problem = Pick<Failure, 'what' | 'remedy'>

interface SweepEnd {
  readonly removals: readonly ExplainedRemoval[]
  /** The verdicts on all clones. */
  readonly verdicts: readonly Readonly<{ identifier: string; verdict: SweepVerdict }>[]
  /** The last verdicts on the clones that were due. */
  readonly lastVerdicts: readonly SweepVerdict[]
  readonly due: number
  readonly maxDeletions: number
}

export function sweepOutcome(report: SweepReport, end: SweepEnd): Outcome {
  const failures = end.removals.flatMap(({ failure }) => (failure === undefined ? [] : [failure]))
  const swept = { outcome: 'swept', sweep: report } as const
  const cancelled = failures.find((failure) => failure instanceof Cancelled)
  if (cancelled !== undefined) return { ...swept, failure: cancelled }
  const problems = [
    ...notDeleted(failures, end.removals.length),
    ...(report.isStopped ? [tooMany(end)] : []),
    ...unreadable([...end.verdicts.map(({ verdict }) => verdict), ...end.lastVerdicts]),
    ...undecided(end),
  ]
  if (problems.length === 0) return swept
  // Problems do not fail a dry run.
  if (report.dryRun) return { ...swept, warnings: problems.map(({ what, remedy }) => `${what} ${remedy}`) }
  const failure = new Failure({
    title: report.isStopped ? 'Sweep stopped' : 'Sweep incomplete',
    what: problems.map(({ what }) => what).join(' '),
    remedy: problems.map(({ remedy }) => remedy).join(' '),
  })
  return { ...swept, failure }
}

function notDeleted([first, ...others]: readonly Failure[], tried: number): readonly Problem[] {
  if (first === undefined) return []
  const what = `${others.length + 1} of ${counted(tried, 'clone')} could not be deleted. The first: ${first.what}`
  return [{ what, remedy: first.remedy }]
}

function tooMany({ due, maxDeletions }: SweepEnd): Problem {
  return {
    what: `${due} clones are due, more than max-deletions (${maxDeletions}), so none was deleted.`,
    remedy: `Check the table in the summary: if it is right, run the sweep once by hand with \`max-deletions: ${due}\` and \`dry-run: false\`.`,
  }
}

/** Such clones are never removed, so a person must know of them. */
function unreadable(verdicts: readonly SweepVerdict[]): readonly Problem[] {
  const kept = verdicts.filter(({ reason }) => reason === 'pull-request-unreadable')
  const [first] = kept
  if (first === undefined) return []
  const were = kept.length === 1 ? 'was' : 'were'
  return [
    {
      what: `The pull requests could not be read (${first.detail ?? ''}), so ${counted(kept.length, 'clone')} could not be judged and ${were} kept.`,
      remedy: isAllowList(first.detail ?? '')
        ? ALLOW_LIST_REMEDY
        : 'Give the job `permissions: pull-requests: write` (or `read`) and pass a valid github-token. A sweep with `scope: account` removes these clones when they expire.',
    },
  ]
}

/** Problems that only a person can solve. */
const UNDECIDED: Readonly<Partial<Record<SweepVerdict['reason'], (names: string) => Problem>>> = {
  'label-unknown': (names) => ({
    what: `The label of clones ${names} no longer exists in the repository; they are kept until they expire.`,
    remedy: UNKNOWN_LABEL_REMEDY,
  }),
  'expiry-unreadable': (names) => ({
    what: `Clones ${names} have no readable time in their tag aurora-clone:expires-at, so they were kept.`,
    remedy: 'Run mode create or destroy for them.',
  }),
  'time-unknown': (names) => ({
    what: `Clones ${names} were kept: AWS’s answers did not tell its time, so it is unknown whether they have expired.`,
    remedy: 'Let the proxy between the runner and AWS pass the Date header.',
  }),
}

function undecided({ verdicts }: SweepEnd): readonly Problem[] {
  return Object.entries(UNDECIDED).flatMap(([reason, problemOf]) => {
    const names = verdicts.filter(({ verdict }) => verdict.reason === reason)
    return names.length === 0 ? [] : [problemOf(names.map(({ identifier }) => `"${identifier}"`).join(', '))]
  })
}

/**
 * Logs clusters that have a clone's tags but are not provably clones. If the clone in the tags exists, the cluster is its copy.
 * Otherwise it may be a renamed clone, which no run will ever remove.
 */
export function tellNotProvablyOurs(
  log: Log,
  clusters: readonly ClusterSnapshot[],
  { server, repositoryId }: Readonly<{ server: string; repositoryId?: string }>,
): void {
  const identifiers = new Set(clusters.map(({ identifier }) => identifier))
  for (const cluster of clusters) {
    const { tags = {} } = cluster
    const isLike =
      repositoryId === undefined ? tags[TAG.server] === server : isOf({ server, repositoryId }, cluster)
    const ownership = isLike ? ownershipOf(cluster) : undefined
    if (ownership?.owned !== false) continue
    const what = `Cluster "${cluster.identifier}" is left alone, not provably a clone of this action: ${ownership.because}.`
    const named = tags[TAG.cluster] ?? ''
    if (named !== cluster.identifier && identifiers.has(named)) log.info(what)
    else
      log.warning(
        `${what} If it is a renamed clone, give it its old name or delete it by hand. Otherwise remove its aurora-clone tags.`,
      )
  }
}

/**
 * Whether the tags name this server and repository. If one of the two tags is missing, the hash in the name must prove it. No
 * other repository may learn the name.
 */
function isOf(
  { server, repositoryId }: Pick<CloneIdentity, 'server' | 'repositoryId'>,
  { identifier, tags = {} }: ClusterSnapshot,
): boolean {
  const [claimedServer, claimedId] = [tags[TAG.server], tags[TAG.repositoryId]]
  if ((claimedServer ?? server) !== server || (claimedId ?? repositoryId) !== repositoryId) return false
  if (claimedServer !== undefined && claimedId !== undefined) return true
  const ours = { [TAG.server]: server, [TAG.repositoryId]: repositoryId }
  const identity = claimedIdentity({ ...tags, ...ours })
  return identity !== undefined && isIdentifierOf(identifier, identity)
}
