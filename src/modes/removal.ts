import { asFailure } from '../aurora/api/explain.ts'
import { latestGenerations, seenAfresh } from '../aurora/clone/generations.ts'
import { leadersAmong } from '../aurora/clone/incarnations.ts'
import type { OwnedClone } from '../aurora/clone/ownership.ts'
import { writeHold } from '../aurora/clone/renewal.ts'
import { mayBeUnderWay } from '../aurora/clone/sweep-verdict.ts'
import type { Pace } from '../aurora/pace.ts'
import {
  type DestroyScope,
  FRESH_DEMAND_MS,
  type PullRequestReading,
  isInScope,
  unreadablePullRequest,
} from '../demand.ts'
import type { Failure } from '../failure.ts'
import type { RemovalReason } from '../outcome.ts'
import { type CloneRun, ownerName } from './context.ts'
import { type ExplainedRemoval, removeClone, seriesNow } from './remove-clone.ts'

/** Which clones of a pull request or key are removed, and how. */
export interface RemovalOrder {
  /** The rule. It is applied to a fresh reading right before each deletion. */
  readonly scopeOf: (reading: PullRequestReading) => DestroyScope
  /** The reason for users; `undefined` if a user asked for the removal. */
  readonly reason: RemovalReason | undefined
  /** The value to write first to the hold tag of the clone of this name. */
  readonly hold: Readonly<{ cloneName: string; value: string }> | undefined
  /** The reason why the loss of a label is doubtful. Clones made for such a label are kept. */
  readonly doubt: ((label: string) => Promise<Failure | undefined>) | undefined
  readonly keepLatest: number
  /** The configured source cluster, where one is known. */
  readonly source: string | undefined
  /** Wait until the clones are gone. */
  readonly wait: boolean
  readonly pace: Pace
}

export interface Removals {
  readonly removals: readonly ExplainedRemoval[]
  /** Reasons why clones in scope were kept, or did not get their hold tag. */
  readonly failures: readonly Failure[]
  /** `keep-latest` keeps at least one clone. */
  readonly keptLatest: boolean
}

/** Removes the clones that are in scope. If one fails, the others are still removed. */
export async function removeInScope(
  run: CloneRun,
  clones: readonly OwnedClone[],
  order: RemovalOrder & { readonly scope: DestroyScope },
): Promise<Removals> {
  const { aws, owner } = run
  const kept = keptByNumber(clones, { keepLatest: order.keepLatest, nowMs: aws.awsNow() })
  const inScope = clones.filter(
    ({ cluster, label }) => isInScope(label, order.scope) && !kept.has(cluster.identifier),
  )
  const doubts = await doubtsOf(inScope, order)
  const leaders = leadersAmong(clones)
  const leads = ({ cluster }: OwnedClone): boolean => leaders.has(cluster.identifier)
  // The first one is reported, if all are incarnations of one clone.
  const due = inScope
    .filter(({ label }) => !doubts.has(label))
    .toSorted((a, b) => Number(leads(b)) - Number(leads(a)))
  // Write the hold tag on the clones that stay too; `removeClone` writes it on the others.
  const holdFailures = await Promise.all(
    clones
      .filter((clone) => !due.includes(clone))
      .map((clone) => writeHold(aws, clone, holdFor(clone, order)).then(() => undefined, asFailure)),
  )
  const failures = [...doubts.values(), ...holdFailures.filter((failure) => failure !== undefined)]
  const removals =
    due.length === 0
      ? []
      : await aws.log.group(
          `Destroy ${due.length === 1 ? 'the clone' : `${due.length} clones`} of ${ownerName(owner)}`,
          () => removeAll(run, due, { ...order, leads }),
        )
  return { removals, failures, keptLatest: kept.size > 0 }
}

/** Requests all deletions before it waits for any. */
async function removeAll(
  run: CloneRun,
  due: readonly OwnedClone[],
  order: RemovalOrder & { readonly leads: (clone: OwnedClone) => boolean },
): Promise<readonly ExplainedRemoval[]> {
  const remove = async (clone: OwnedClone, isRequested: boolean): Promise<ExplainedRemoval> =>
    await removeClone(run, {
      clone,
      isRequested,
      leads: order.leads(clone),
      reason: order.reason,
      source: order.source,
      waitUntilGone: isRequested,
      pace: order.pace,
      hold: holdFor(clone, order),
      askIfUnwanted: () => askIfUnwanted(run, clone, order),
    })
  const requested = await Promise.all(due.map((clone) => remove(clone, false)))
  if (!order.wait) return requested
  return await Promise.all(
    requested.map((removal, index) => {
      const clone = due[index]
      const isDue = clone !== undefined && removal.result === 'deleting'
      return isDue ? remove(clone, true) : Promise.resolve(removal)
    }),
  )
}

async function askIfUnwanted(
  { aws, owner, pullRequest }: CloneRun,
  listed: OwnedClone,
  { scopeOf, keepLatest }: RemovalOrder,
): Promise<(look: Readonly<{ clone: OwnedClone }>) => boolean> {
  const scope = scopeOf(await pullRequest.read(FRESH_DEMAND_MS))
  if (scope.kind === 'unknown') throw unreadablePullRequest(owner.number ?? 0, scope.because)
  const series = keepLatest === 0 ? [] : await seriesNow(aws, listed)
  return ({ clone }) => {
    const kept = keptByNumber(seenAfresh(series, clone), { keepLatest, nowMs: aws.awsNow() })
    // A `create` may have given the clone another label since the listing.
    return isInScope(clone.label, scope) && !kept.has(clone.cluster.identifier)
  }
}

function holdFor({ identity }: OwnedClone, { hold }: RemovalOrder): string | undefined {
  return identity.name === hold?.cloneName ? hold.value : undefined
}

/** The identifiers that `keep-latest` keeps: the newest generations, and clones that a run may still be making. */
function keptByNumber(
  clones: readonly OwnedClone[],
  { keepLatest, nowMs }: Readonly<{ keepLatest: number; nowMs: number | undefined }>,
): ReadonlySet<string> {
  if (keepLatest === 0) return new Set()
  const underWay = clones.filter((clone) => mayBeUnderWay(clone, nowMs))
  return new Set([
    ...latestGenerations(clones, keepLatest),
    ...underWay.map(({ cluster }) => cluster.identifier),
  ])
}

/** The doubtful labels of these clones with the reasons. */
async function doubtsOf(
  clones: readonly OwnedClone[],
  { doubt }: RemovalOrder,
): Promise<ReadonlyMap<string | undefined, Failure>> {
  const doubts = new Map<string | undefined, Failure>()
  for (const label of new Set(clones.map((clone) => clone.label))) {
    const failure = label === undefined ? undefined : await doubt?.(label)
    if (failure !== undefined) doubts.set(label, failure)
  }
  return doubts
}
