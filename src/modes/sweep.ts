import { UNKNOWN_TIME_MS } from '../aurora/aws-time.ts'
import { reportClone } from '../aurora/clone-report.ts'
import { isIdentifierOf } from '../aurora/identity.ts'
import { latestGenerations, seenAfresh } from '../aurora/generations.ts'
import { listClusters } from '../aurora/observe.ts'
import { type OwnedClone, newestFirst, ownedClones, ownershipOf } from '../aurora/ownership.ts'
import {
  type SweepVerdict,
  type SweepView,
  asksForLabels,
  judgeOrphan,
  pullRequestOf,
} from '../aurora/plan-sweep.ts'
import { clusterPhase } from '../aurora/statuses.ts'
import type { ClusterSnapshot } from '../aurora/snapshot.ts'
import { TAG, claimedIdentity } from '../aurora/tags.ts'
import type { PullRequestReading } from '../demand.ts'
import { formatDuration } from '../duration.ts'
import { Cancelled, Failure } from '../failure.ts'
import { inParallel } from '../in-parallel.ts'
import type { SweepInputs } from '../inputs.ts'
import type { Log } from '../log.ts'
import type { CloneState, Outcome, SweepReport, SweepRow } from '../outcome.ts'
import { dryRunAdvice, isPlan, sayFate, sayWhy } from '../sweep-words.ts'
import { UNKNOWN_LABEL_REMEDY } from './lost-label.ts'
import { type SweepContext, paceOf } from './mode-context.ts'
import { type ExplainedRemoval, removeClone } from './remove-clone.ts'

/** Calls to GitHub, and deletions, that are under way at the same time. */
const AT_A_TIME = 4

interface Judged {
  readonly clone: OwnedClone
  /** Its pull request is definitely closed. */
  readonly isClosed: boolean
  readonly isLatest: boolean
  readonly verdict: SweepVerdict
}

/**
 * Removes the orphans of this repository, or those of the whole account whose time has passed. Everything is decided first, by
 * pure functions, from one listing of the Region and the pull requests; then each clone and its pull request is looked at once
 * more, right before it is deleted. In a dry run the second half is left out.
 */
export async function sweep(context: SweepContext, inputs: SweepInputs): Promise<Outcome> {
  const { aws } = context
  const judged = await aws.log.group('Look at AWS and the pull requests', () => judgeAll(context, inputs))
  const due = judged.filter(({ verdict }) => verdict.action === 'delete')
  const isStopped = due.length > inputs.maxDeletions
  const removals =
    inputs.dryRun || isStopped
      ? []
      : await aws.log.group(`Delete ${due.length} of ${counted(judged.length, 'clone')}`, () =>
          removeAll(context, inputs, due),
        )
  const attempts = new Map(removals.map((attempt) => [attempt.removal.clone.identifier, attempt]))
  const report: SweepReport = {
    scope: inputs.scope,
    dryRun: inputs.dryRun,
    isStopped,
    rows: judged.map((one) => rowOf(context, one, attempts.get(one.clone.cluster.identifier))),
  }
  tell(context, report)
  tellKept(context, inputs, judged)
  return outcomeOf(report, {
    removals: removals.map(({ removal }) => removal),
    problems: [
      ...(isStopped ? [tooMany(due.length, inputs.maxDeletions)] : []),
      ...unreadable([...judged.map(({ verdict }) => verdict), ...removals.map(({ last }) => last)]),
      ...undecided(judged),
    ],
  })
}

/** What a comment says of a clone that a sweep leaves alone although it is due, or that another run is removing. */
const KEPT_STATES: ReadonlyMap<SweepVerdict['reason'], CloneState> = new Map([
  ['held', 'held'],
  ['protected', 'undeleted'],
  ['deleting', 'deleting'],
])

/** Clones that are due and stay: people hear why, where they were told that the clone is ready. */
function tellKept(
  { aws, region, repositoryId, announce }: SweepContext,
  { dryRun }: SweepInputs,
  judged: readonly Judged[],
): void {
  for (const { clone, isClosed, verdict } of judged) {
    const { cluster, identity } = clone
    if (verdict.reason === 'protected')
      aws.log.warning(
        `Clone "${cluster.identifier}" is due, but its deletion protection is on. Switch it off if the clone is not needed.`,
      )
    const state = KEPT_STATES.get(verdict.reason)
    if (dryRun || state === undefined || identity.repositoryId !== repositoryId) continue
    announce(
      reportClone({
        cluster,
        writer: undefined,
        state,
        region,
        nowMs: aws.awsNow() ?? UNKNOWN_TIME_MS,
        removedBecause: isClosed && state === 'deleting' ? 'pull-request-closed' : undefined,
        undeleted: { because: verdict.detail ?? '', isProtected: verdict.reason === 'protected' },
      }),
    )
  }
}

async function judgeAll(context: SweepContext, inputs: SweepInputs): Promise<readonly Judged[]> {
  const { aws, server, repositoryId, pullRequests, labels, region } = context
  const isOfRepository = inputs.scope === 'repository'
  const clusters = await listClusters(aws.rds, { includeShared: false, signal: aws.signal })
  const clones = newestFirst(
    ownedClones(clusters, { server, ...(isOfRepository ? { repositoryId } : {}) }),
  ).toReversed()
  aws.log.info(
    `Aurora clusters in ${region}: ${clusters.length}, clones of this ${isOfRepository ? 'repository' : 'server'} among them: ${clones.length}`,
  )
  tellNotProvablyOurs(aws.log, clusters, { server, ...(isOfRepository ? { repositoryId } : {}) })
  // A repository may have thousands of pull requests, and no clone of any.
  const isAsked = isOfRepository && clones.some((clone) => pullRequestOf(clone) !== undefined)
  const listed = isAsked ? await pullRequests.listOpen() : undefined
  if (listed?.kind === 'unreadable')
    aws.log.warning(`The open pull requests could not be listed: ${listed.because}`)

  const latest = latestGenerations(clones, inputs.keepLatest)
  const readings = await inParallel(clones, AT_A_TIME, async (clone) => {
    if (listed === undefined) return undefined
    // Without GitHub nothing is swept, not even what goes by its time alone.
    if (listed.kind === 'unreadable') return listed
    const number = pullRequestOf(clone)
    return number === undefined ? undefined : await pullRequests.of(number).read(Infinity)
  })
  const isLabelAsked = clones.some((clone, index) => asksForLabels(clone, readings[index]))
  const repositoryLabels = isLabelAsked ? await labels.list() : undefined
  const nowMs = aws.awsNow()
  return clones.map((clone, index) => {
    const isLatest = latest.has(clone.cluster.identifier)
    const view: SweepView = { clone, reading: readings[index], repositoryLabels, isLatest, nowMs }
    return { clone, isClosed: view.reading?.kind === 'closed', isLatest, verdict: judgeOrphan(view) }
  })
}

/** What became of one clone that was due, and what was last known of it. */
interface Attempt {
  readonly removal: ExplainedRemoval
  readonly last: SweepVerdict
}

async function removeAll(
  context: SweepContext,
  inputs: SweepInputs,
  due: readonly Judged[],
): Promise<readonly Attempt[]> {
  const remove = (one: Judged): Promise<Attempt> => removeOne(context, inputs, one)
  const isDeletable = ({ clone }: Judged): boolean =>
    ['available', 'failed'].includes(clusterPhase(clone.cluster.status))
  const deleted = await inParallel(due.filter(isDeletable), AT_A_TIME, remove)
  // AWS deletes nothing that is stopped or in between: they wait side by side, and nobody waits for them.
  const others = due.filter((one) => !isDeletable(one))
  return [...deleted, ...(await inParallel(others, others.length, remove))]
}

async function removeOne(
  { pullRequests, labels, repositoryId, announce, ...context }: SweepContext,
  inputs: SweepInputs,
  { clone, isLatest, verdict }: Judged,
): Promise<Attempt> {
  const { aws } = context
  const number = inputs.scope === 'repository' ? pullRequestOf(clone) : undefined
  let last = verdict
  /** The clones of its key as they are now: a newer generation may have failed or gone since the listing. */
  const seriesNow = async ({ identity }: OwnedClone): Promise<readonly OwnedClone[]> => {
    const clusters = await listClusters(aws.rds, { includeShared: false, signal: aws.signal })
    const { server, repositoryId: repository, key, name } = identity
    return ownedClones(clusters, { server, repositoryId: repository, key, name })
  }
  const removal = await removeClone(
    {
      ...context,
      // Other repositories' pull requests are not this token's to write on.
      announce: clone.identity.repositoryId === repositoryId ? announce : () => undefined,
    },
    {
      clone,
      because: verdict.action === 'delete' ? verdict.reason : undefined,
      source: undefined,
      waitUntilGone: false,
      // One limit for the whole step: credentials do not last longer for each clone.
      pace: paceOf(context, inputs),
      async askIfUnwanted() {
        const reading: PullRequestReading | undefined =
          number === undefined ? undefined : await pullRequests.of(number).read(0)
        const repositoryLabels = reading?.kind === 'open' ? await labels.list() : undefined
        const isCounted = inputs.keepLatest > 0 && number === undefined
        const series = isCounted ? await seriesNow(clone) : []
        return ({ cluster }) => {
          const now = { ...clone, cluster, tags: cluster.tags ?? {} }
          const latest = latestGenerations(seenAfresh(series, cluster), inputs.keepLatest)
          last = judgeOrphan({
            clone: now,
            reading,
            repositoryLabels,
            isLatest: isLatest || latest.has(cluster.identifier),
            nowMs: aws.awsNow(),
          })
          return last.action === 'delete'
        }
      },
    },
  )
  return { removal: removal.result === 'kept' ? { ...removal, because: keptAfterAll(last) } : removal, last }
}

function keptAfterAll(verdict: SweepVerdict): string {
  return `seen once more: ${sayWhy(verdict)}`
}

function rowOf(
  { aws, region }: SweepContext,
  { clone, verdict }: Judged,
  attempt: Attempt | undefined,
): SweepRow {
  const removal = attempt?.removal
  const nowMs = aws.awsNow()
  return {
    clone:
      removal?.clone ??
      reportClone({
        cluster: clone.cluster,
        writer: undefined,
        state: 'ready',
        region,
        nowMs: nowMs ?? UNKNOWN_TIME_MS,
      }),
    repository: clone.tags[TAG.repository],
    generation: clone.identity.generation,
    ageMs: nowMs === undefined ? undefined : Math.max(0, nowMs - clone.createdAtMs),
    action: verdict.action,
    reason: verdict.reason,
    detail: removal?.because ?? verdict.detail,
    result: removal?.result,
  }
}

/** The table of the summary, for those who read logs: without its headings, a plan must not read like a deed. */
function tell({ aws: { log } }: SweepContext, report: SweepReport): void {
  for (const row of report.rows) {
    const age = row.ageMs === undefined ? 'of unknown age' : `${formatDuration(row.ageMs)} old`
    const fate = sayFate(row, { isPlan: isPlan(report) })
    const told = fate === 'delete' || fate === 'keep' ? `would ${fate}` : fate
    log.info(`${told}  ${row.clone.identifier}  (${age}): ${sayWhy(row)}`)
  }
  const advice = dryRunAdvice(report)
  if (advice !== undefined) log.info(advice)
}

interface Problem {
  readonly what: string
  readonly remedy: string
}

function tooMany(due: number, maxDeletions: number): Problem {
  return {
    what: `${due} clones are due, more than max-deletions (${maxDeletions}), so none was deleted.`,
    remedy: `Look at the table in the summary: if it is right, run the sweep once by hand with \`max-deletions: ${due}\` and without the dry run (\`dry-run: false\`).`,
  }
}

/** Clones that nobody can judge stay for ever, so somebody has to know. */
function unreadable(verdicts: readonly SweepVerdict[]): readonly Problem[] {
  const kept = verdicts.filter(({ reason }) => reason === 'pull-request-unreadable')
  const [first] = kept
  if (first === undefined) return []
  return [
    {
      what:
        kept.length === 1
          ? `The pull requests could not be read (${first.detail ?? ''}), so 1 clone could not be judged and was kept.`
          : `The pull requests could not be read (${first.detail ?? ''}), so ${kept.length} clones could not be judged and were kept.`,
      remedy:
        'Give the job `permissions: pull-requests: write` (or `read`) and pass a valid github-token; clones whose pull request nobody can read are removed by `scope: account` when their time has passed.',
    },
  ]
}

/** What nobody can decide but a person. */
const UNDECIDED: Readonly<Partial<Record<SweepVerdict['reason'], Problem>>> = {
  'label-unknown': {
    what: 'were made for a label that the repository does not have any more, so they were kept until their time is up.',
    remedy: UNKNOWN_LABEL_REMEDY,
  },
  'expiry-unreadable': {
    what: 'have no readable time in their tag aurora-clone:expires-at, so they were kept.',
    remedy: 'Run mode create or destroy for them.',
  },
  'time-unknown': {
    what: 'could not be judged by their time, since AWS’s answers did not say what time it is there, so they were kept.',
    remedy: 'Let the proxy between the runner and AWS pass the Date header on.',
  },
}

function undecided(judged: readonly Judged[]): readonly Problem[] {
  return Object.entries(UNDECIDED).flatMap(([reason, { what, remedy }]) => {
    const names = judged
      .filter(({ verdict }) => verdict.reason === reason)
      .map(({ clone }) => `"${clone.cluster.identifier}"`)
    return names.length === 0 ? [] : [{ what: `Clones ${names.join(', ')} ${what}`, remedy }]
  })
}

/**
 * Clusters that carry the tags of clones and are none. Beside a clone that is there, it is a copy of that one; otherwise it may
 * be a clone that somebody renamed, which nobody will ever remove.
 */
function tellNotProvablyOurs(
  log: Log,
  clusters: readonly ClusterSnapshot[],
  { server, repositoryId }: { readonly server: string; readonly repositoryId?: string },
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
    // Beside the clone of its tags it is a copy of that one.
    if (named !== cluster.identifier && identifiers.has(named)) log.info(what)
    else
      log.warning(
        `${what} If it is a clone that somebody renamed, give it its name back or delete it by hand; otherwise take its aurora-clone tags off.`,
      )
  }
}

/**
 * Whether a cluster is one of a repository by its tags, or, where a tag of the two is lost, by the hash in its name: its name is told
 * to no other repository.
 */
function isOf(
  { server, repositoryId }: { readonly server: string; readonly repositoryId: string },
  { identifier, tags = {} }: ClusterSnapshot,
): boolean {
  const [claimedServer, claimedId] = [tags[TAG.server], tags[TAG.repositoryId]]
  if ((claimedServer ?? server) !== server || (claimedId ?? repositoryId) !== repositoryId) return false
  if (claimedServer !== undefined && claimedId !== undefined) return true
  const ours = { [TAG.server]: server, [TAG.repositoryId]: repositoryId }
  const identity = claimedIdentity({ ...tags, ...ours })
  return identity !== undefined && isIdentifierOf(identifier, identity)
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function outcomeOf(
  report: SweepReport,
  {
    removals,
    problems,
  }: { readonly removals: readonly ExplainedRemoval[]; readonly problems: readonly Problem[] },
): Outcome {
  const failures = removals.flatMap(({ failure }) => (failure === undefined ? [] : [failure]))
  const swept: Outcome = { outcome: 'swept', sweep: report }
  const cancelled = failures.find((failure) => failure instanceof Cancelled)
  if (cancelled !== undefined) return { ...swept, failure: cancelled }
  const [first] = failures
  const all: readonly Problem[] = [
    ...(first === undefined
      ? []
      : [
          {
            what: `${failures.length} of ${counted(removals.length, 'clone')} could not be deleted. The first: ${first.what}`,
            remedy: first.remedy,
          },
        ]),
    ...problems,
  ]
  if (all.length === 0) return swept
  // A dry run has done all that it was asked for.
  if (report.dryRun) return { ...swept, warnings: all.map(({ what, remedy }) => `${what} ${remedy}`) }
  return {
    ...swept,
    failure: new Failure({
      title: report.isStopped ? 'Sweep stopped' : 'Sweep incomplete',
      what: all.map(({ what }) => what).join(' '),
      remedy: all.map(({ remedy }) => remedy).join(' '),
    }),
  }
}
