import { reportClone } from '../aurora/clone-report.ts'
import { latestGenerations } from '../aurora/generations.ts'
import { listClusters } from '../aurora/observe.ts'
import { type OwnedClone, newestFirst, ownedClones } from '../aurora/ownership.ts'
import { type SweepVerdict, ageOf, judgeOrphan, pullRequestOf } from '../aurora/plan-sweep.ts'
import { clusterPhase } from '../aurora/statuses.ts'
import { TAG } from '../aurora/tags.ts'
import type { PullRequestReading } from '../demand.ts'
import { formatDuration } from '../duration.ts'
import { Cancelled, Failure } from '../failure.ts'
import { inParallel } from '../in-parallel.ts'
import type { SweepInputs } from '../inputs.ts'
import type { Outcome, SweepReport, SweepRow } from '../outcome.ts'
import { type SweepContext, paceOf } from './mode-context.ts'
import { type ExplainedRemoval, removeClone } from './remove-clone.ts'

/** Calls to GitHub, and deletions, that are under way at the same time. */
const AT_A_TIME = 4

interface Judged {
  readonly clone: OwnedClone
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
  return outcomeOf(report, {
    removals: removals.map(({ removal }) => removal),
    problems: [
      ...(isStopped ? [tooMany(due.length, inputs.maxDeletions)] : []),
      ...unreadable([...judged.map(({ verdict }) => verdict), ...removals.map(({ last }) => last)]),
    ],
  })
}

async function judgeAll(context: SweepContext, inputs: SweepInputs): Promise<readonly Judged[]> {
  const { aws, server, repositoryId, pullRequests, region } = context
  const isOfRepository = inputs.scope === 'repository'
  const [clusters, listed] = await Promise.all([
    listClusters(aws.rds, { includeShared: false, signal: aws.signal }),
    isOfRepository ? pullRequests.listOpen() : undefined,
  ])
  const clones = newestFirst(
    ownedClones(clusters, { server, ...(isOfRepository ? { repositoryId } : {}) }),
  ).toReversed()
  aws.log.info(
    `Aurora clusters in ${region}: ${clusters.length}, clones of this ${isOfRepository ? 'repository' : 'server'} among them: ${clones.length}`,
  )
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
  const nowMs = aws.clock.now()
  return clones.map((clone, index) => {
    const isLatest = latest.has(clone.cluster.identifier)
    return { clone, isLatest, verdict: judgeOrphan({ clone, reading: readings[index], isLatest, nowMs }) }
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
  { pullRequests, repositoryId, announce, ...context }: SweepContext,
  inputs: SweepInputs,
  { clone, isLatest, verdict }: Judged,
): Promise<Attempt> {
  const { aws } = context
  const number = inputs.scope === 'repository' ? pullRequestOf(clone) : undefined
  let last = verdict
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
      pace: paceOf({ startedAtMs: aws.clock.now() }, inputs),
      async stillUnwanted(cluster) {
        const reading: PullRequestReading | undefined =
          number === undefined ? undefined : await pullRequests.of(number).read(0)
        last = judgeOrphan({
          clone: { ...clone, cluster, tags: cluster.tags ?? {} },
          reading,
          isLatest,
          nowMs: aws.clock.now(),
        })
        return last.action === 'delete'
      },
    },
  )
  return { removal: removal.result === 'kept' ? { ...removal, because: keptAfterAll(last) } : removal, last }
}

function keptAfterAll({ reason, detail }: SweepVerdict): string {
  return `seen once more: ${reason}${detail === undefined ? '' : ` (${detail})`}`
}

function rowOf(
  { aws, region }: SweepContext,
  { clone, verdict }: Judged,
  attempt: Attempt | undefined,
): SweepRow {
  const removal = attempt?.removal
  const nowMs = aws.clock.now()
  return {
    clone:
      removal?.clone ??
      reportClone({ cluster: clone.cluster, writer: undefined, state: 'ready', region, nowMs }),
    repository: clone.tags[TAG.repository],
    generation: clone.identity.generation,
    ageMs: ageOf(clone, nowMs),
    action: verdict.action,
    reason: verdict.reason,
    detail: removal?.because ?? verdict.detail,
    result: removal?.result,
  }
}

/** The table of the summary, for those who read logs. */
function tell({ aws: { log } }: SweepContext, { rows }: SweepReport): void {
  for (const { clone, action, reason, detail, result, ageMs } of rows) {
    const age = ageMs === undefined ? 'of unknown age' : `${formatDuration(ageMs)} old`
    const why = `${reason}${detail === undefined ? '' : `: ${detail}`}`
    log.info(`${result ?? action}  ${clone.identifier}  (${age}, ${why})`)
  }
}

interface Problem {
  readonly what: string
  readonly remedy: string
}

function tooMany(due: number, maxDeletions: number): Problem {
  return {
    what: `${due} clones are due, more than max-deletions (${maxDeletions}), so none was deleted.`,
    remedy: `Look at the table in the summary: if it is right, run the sweep once by hand with max-deletions: ${due}.`,
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
          ? `The pull request of 1 clone could not be read (${first.detail ?? ''}), so it was kept.`
          : `The pull requests of ${kept.length} clones could not be read (${first.detail ?? ''}), so these were kept.`,
      remedy:
        'Give the job `permissions: pull-requests: write` (or `read`) and pass a valid github-token; clones whose pull request nobody can read are removed by `scope: account` when their time has passed.',
    },
  ]
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
