import { commentHash } from '../aurora/clone/identity.ts'
import { latestGenerations, seenAfresh } from '../aurora/clone/generations.ts'
import { leadersAmong, supersededAmong } from '../aurora/clone/incarnations.ts'
import { listClusters } from '../aurora/api/describe.ts'
import { isGoingBack } from '../aurora/clone/reset-requests.ts'
import { type OwnedClone, newestFirst, ownedClones, ownerOf } from '../aurora/clone/ownership.ts'
import {
  type SweepVerdict,
  type SweepView,
  asksForLabels,
  expiresSoon,
  judgeOrphan,
} from '../aurora/clone/sweep-verdict.ts'
import { clusterPhase } from '../aurora/api/statuses.ts'
import { pausingOf } from '../aurora/ready/pausing.ts'
import type { PullRequestReading } from '../demand.ts'
import { formatDuration } from '../duration.ts'
import { inParallel } from '../in-parallel.ts'
import type { SweepInputs } from '../inputs.ts'
import type { Fate, Outcome, SweepReport, SweepRow } from '../outcome.ts'
import { counted } from '../counted.ts'
import { dryRunAdvice, isPlan, sayFate, sayWhy } from '../sweep-words.ts'
import { type SweepRun, paceOf, reportNow } from './context.ts'
import { type ExplainedRemoval, removeClone, seriesNow } from './remove-clone.ts'
import { sweepOutcome, tellNotProvablyOurs } from './sweep-problems.ts'

/** The number of concurrent calls to GitHub, and of concurrent deletions. */
const AT_A_TIME = 4

interface Judged {
  readonly clone: OwnedClone
  /** GitHub says that its pull request is closed. */
  readonly isClosed: boolean
  readonly isLatest: boolean
  readonly leads: boolean
  readonly verdict: SweepVerdict
}

/**
 * Removes the orphans of this repository, or all expired clones of the account. Pure functions first decide about all clones from
 * one listing of the Region and the pull requests. Each clone and its pull request are then read again right before the
 * deletion. A dry run only decides.
 */
export async function sweep(context: SweepRun, inputs: SweepInputs): Promise<Outcome> {
  const { aws } = context
  const judged = await aws.log.group('Look at AWS and the pull requests', () => judgeAll(context, inputs))
  const due = judged.filter(({ verdict }) => verdict.action === 'delete')
  const isStopped = due.length > inputs.maxDeletions
  // At once, since the deletions may take minutes, and other runs write comments meanwhile.
  tellKept(context, inputs, judged)
  const removals =
    inputs.dryRun || isStopped
      ? []
      : await aws.log.group(`Delete ${due.length} of ${counted(judged.length, 'clone')}`, () =>
          removeAll(context, inputs, due),
        )
  await tellSurvivors(context, judged, removals)
  if (!inputs.dryRun) tellExpiring(context, judged)
  const attempts = new Map(removals.map((attempt) => [attempt.removal.clone.identifier, attempt]))
  const report: SweepReport = {
    scope: inputs.scope,
    dryRun: inputs.dryRun,
    isStopped,
    rows: judged.map((one) => rowOf(context, one, attempts.get(one.clone.cluster.identifier))),
  }
  tell(context, report)
  return sweepOutcome(report, {
    removals: removals.map(({ removal }) => removal),
    verdicts: judged.map(({ clone, verdict }) => ({ identifier: clone.cluster.identifier, verdict })),
    lastVerdicts: removals.map(({ last }) => last),
    due: due.length,
    maxDeletions: inputs.maxDeletions,
  })
}

/** The run that replaced a former clone may have been killed after it had written the comment of both. */
async function tellSurvivors(
  run: SweepRun,
  judged: readonly Judged[],
  removals: readonly Attempt[],
): Promise<void> {
  const leaders = leadersAmong(judged.map(({ clone }) => clone))
  const former = removals.filter(({ removal }) => !leaders.has(removal.clone.identifier))
  const served = new Set(former.map(({ removal }) => removal.clone.identityHash))
  for (const { clone, leads, verdict } of judged)
    if (leads && verdict.reason === 'in-use' && served.has(commentHash(clone.identity)) && serves(run, clone))
      run.announce(
        reportNow(run, clone, {
          fate: { state: 'ready' },
          pausing: await pausingOf(run.aws, clone.cluster),
        }),
      )
}

/** The token cannot write comments in other repositories: it would write into those of a pull request with the same number here. */
function serves({ repositoryId }: SweepRun, clone: OwnedClone): boolean {
  const { cluster, hasBeenReady, identity } = clone
  return (
    hasBeenReady &&
    !isGoingBack(clone) &&
    clusterPhase(cluster.status) === 'available' &&
    identity.repositoryId === repositoryId
  )
}

/** The users of a clone that expires within a day can still extend or hold it. */
function tellExpiring(run: SweepRun, judged: readonly Judged[]): void {
  const nowMs = run.aws.awsNow()
  // The token cannot write comments in other repositories.
  for (const { clone, leads, verdict } of judged)
    if (leads && expiresSoon(clone, verdict, nowMs) && clone.identity.repositoryId === run.repositoryId)
      run.announceExpiry(reportNow(run, clone, { fate: { state: 'ready' } }))
}

/** Says, also in the comments, why clones that are due are kept. */
function tellKept(run: SweepRun, { dryRun }: SweepInputs, judged: readonly Judged[]): void {
  for (const one of judged) {
    const { clone, verdict } = one
    if (verdict.reason === 'protected')
      run.aws.log.warning(
        `Clone "${clone.cluster.identifier}" is due, but its deletion protection is on. Switch it off if the clone is not needed.`,
      )
    const fate = fateOf(one)
    if (!dryRun && fate !== undefined && one.leads && clone.identity.repositoryId === run.repositoryId)
      run.announce(reportNow(run, clone, { fate }))
  }
}

/** The comment's state for a clone that is due but kept, or that another run is removing. */
function fateOf({ verdict, isClosed }: Judged): Fate | undefined {
  switch (verdict.reason) {
    case 'held':
      return { state: 'held' }
    case 'protected':
      return { state: 'undeleted', undeleted: { because: verdict.detail ?? '', isProtected: true } }
    case 'deleting':
      return { state: 'deleting', removalReason: isClosed ? 'pull-request-closed' : undefined }
    default:
      return undefined
  }
}

async function judgeAll(context: SweepRun, inputs: SweepInputs): Promise<readonly Judged[]> {
  const { aws, server, repositoryId, pullRequests, labels, region } = context
  const isOfRepository = inputs.scope === 'repository'
  const clusters = await listClusters(aws.rds, { includeShared: false, signal: aws.signal })
  const asked = { server, ...(isOfRepository ? { repositoryId } : {}) }
  const clones = newestFirst(ownedClones(clusters, asked)).toReversed()
  aws.log.info(
    `Aurora clusters in ${region}: ${clusters.length}, clones of this ${isOfRepository ? 'repository' : 'server'} among them: ${clones.length}`,
  )
  tellNotProvablyOurs(aws.log, clusters, asked)
  // A repository may have thousands of pull requests and not one clone.
  const isAsked = isOfRepository && clones.some((clone) => ownerOf(clone).pullRequest !== undefined)
  const listed = isAsked ? await pullRequests.listOpen() : undefined
  if (listed?.kind === 'unreadable')
    aws.log.warning(`The open pull requests could not be listed: ${listed.because}`)

  const latest = latestGenerations(clones, inputs.keepLatest)
  const [leaders, superseded] = [leadersAmong(clones), supersededAmong(clones)]
  const readings = await inParallel(clones, AT_A_TIME, async (clone) => {
    if (listed === undefined) return undefined
    // If GitHub cannot be read, nothing is swept, not even expired clones.
    if (listed.kind === 'unreadable') return listed
    const number = ownerOf(clone).pullRequest
    return number === undefined ? undefined : await pullRequests.of(number).read(Infinity)
  })
  const isLabelAsked = clones.some((clone, index) => asksForLabels(clone, readings[index]))
  const repositoryLabels = isLabelAsked ? await labels.list() : undefined
  const nowMs = aws.awsNow()
  return clones.map((clone, index) => {
    const isLatest = latest.has(clone.cluster.identifier)
    const leads = leaders.has(clone.cluster.identifier)
    const isSuperseded = superseded.has(clone.cluster.identifier)
    const view: SweepView = {
      clone,
      reading: readings[index],
      repositoryLabels,
      isLatest,
      isSuperseded,
      nowMs,
    }
    return { clone, isClosed: view.reading?.kind === 'closed', isLatest, leads, verdict: judgeOrphan(view) }
  })
}

/** The result for one clone that was due, and the last verdict on it. */
interface Attempt {
  readonly removal: ExplainedRemoval
  readonly last: SweepVerdict
}

async function removeAll(
  context: SweepRun,
  inputs: SweepInputs,
  due: readonly Judged[],
): Promise<readonly Attempt[]> {
  const remove = (one: Judged): Promise<Attempt> => removeOne(context, inputs, one)
  const isDeletable = ({ clone }: Judged): boolean =>
    ['available', 'failed'].includes(clusterPhase(clone.cluster.status))
  const deleted = await inParallel(due.filter(isDeletable), AT_A_TIME, remove)
  // AWS must first start these or finish other work, so they wait concurrently and after the others.
  const others = due.filter((one) => !isDeletable(one))
  return [...deleted, ...(await inParallel(others, others.length, remove))]
}

async function removeOne(
  run: SweepRun,
  inputs: SweepInputs,
  { clone, isLatest, leads, verdict }: Judged,
): Promise<Attempt> {
  const { aws, region, pullRequests, labels, repositoryId } = run
  const number = inputs.scope === 'repository' ? ownerOf(clone).pullRequest : undefined
  let last = verdict
  // The token cannot write comments in other repositories.
  const announce = clone.identity.repositoryId === repositoryId ? run.announce : (): void => undefined
  const removal = await removeClone(
    { aws, region, announce },
    {
      clone,
      reason: verdict.action === 'delete' ? verdict.reason : undefined,
      leads,
      source: undefined,
      waitUntilGone: false,
      // One limit for the whole step, since the credentials expire at one time.
      pace: paceOf(run, inputs),
      async askIfUnwanted() {
        const reading: PullRequestReading | undefined =
          number === undefined ? undefined : await pullRequests.of(number).read(0)
        const repositoryLabels = reading?.kind === 'open' ? await labels.list() : undefined
        const isOfSeries = verdict.reason === 'superseded' || (inputs.keepLatest > 0 && number === undefined)
        const listed = isOfSeries ? await seriesNow(aws, clone) : [clone]
        return ({ clone: fresh }) => {
          const series = seenAfresh(listed, fresh)
          const latest = latestGenerations(series, inputs.keepLatest)
          last = judgeOrphan({
            clone: fresh,
            reading,
            repositoryLabels,
            isLatest: isLatest || latest.has(fresh.cluster.identifier),
            isSuperseded: supersededAmong(series).has(fresh.cluster.identifier),
            nowMs: aws.awsNow(),
          })
          return last.action === 'delete'
        }
      },
    },
  )
  const because = removal.result === 'kept' ? `checked again: ${sayWhy(last)}` : removal.because
  return { removal: { ...removal, because }, last }
}

function rowOf(run: SweepRun, { clone, verdict }: Judged, attempt: Attempt | undefined): SweepRow {
  const removal = attempt?.removal
  const nowMs = run.aws.awsNow()
  return {
    clone: removal?.clone ?? reportNow(run, clone, { fate: { state: 'ready' } }),
    repository: clone.repository,
    generation: clone.identity.generation,
    ageMs: nowMs === undefined ? undefined : Math.max(0, nowMs - clone.createdAtMs),
    action: verdict.action,
    reason: verdict.reason,
    detail: removal?.because ?? verdict.detail,
    result: removal?.result,
  }
}

/** Logs the rows of the summary's table. The log has no headings, so a plan must say "would delete". */
function tell({ aws: { log } }: SweepRun, report: SweepReport): void {
  for (const row of report.rows) {
    const age = row.ageMs === undefined ? 'of unknown age' : `${formatDuration(row.ageMs)} old`
    const fate = sayFate(row, { isPlan: isPlan(report) })
    const told = fate === 'delete' || fate === 'keep' ? `would ${fate}` : fate
    log.info(`${told}  ${row.clone.identifier}  (${age}): ${sayWhy(row)}`)
  }
  const advice = dryRunAdvice(report)
  if (advice !== undefined) log.info(advice)
}
