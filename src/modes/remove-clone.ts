import { reportClone } from '../aurora/clone-report.ts'
import { type GoneResult, convergeGone } from '../aurora/converge-gone.ts'
import type { Pace } from '../aurora/aws-run.ts'
import { asFailure } from '../aurora/explain.ts'
import type { OwnedClone } from '../aurora/ownership.ts'
import { writeHold } from '../aurora/renewal.ts'
import type { ClusterSnapshot } from '../aurora/snapshot.ts'
import { Cancelled, Failure } from '../failure.ts'
import type { CloneReport, CloneState, Removal, RemovalReason } from '../outcome.ts'
import { deletionRefused } from './deletion-refused.ts'
import type { RunContext } from './mode-context.ts'

export type ExplainedRemoval = Removal & { readonly failure?: Failure }

export interface RemovalOrder {
  readonly clone: OwnedClone
  /** What people are told; `undefined` where somebody asked for the removal. */
  readonly because: RemovalReason | undefined
  /** The configured source cluster, where one is known. */
  readonly source: string | undefined
  readonly waitUntilGone: boolean
  readonly pace: Pace
  readonly stillUnwanted: (cluster: ClusterSnapshot) => Promise<boolean>
  /** What its hold tag is to say before anything is removed; `undefined` leaves it as it is. */
  readonly hold?: string | undefined
}

/** Removes one clone of several. Never throws: one clone's failure does not keep the others, and is told with them. */
export async function removeClone(
  { aws, region, announce }: Pick<RunContext, 'aws' | 'region' | 'announce'>,
  { clone, because: removedBecause, source, hold, ...goal }: RemovalOrder,
): Promise<ExplainedRemoval> {
  const { identity } = clone
  let { cluster } = clone
  const reportAs = (state: CloneState): CloneReport =>
    reportClone({ cluster, writer: undefined, state, region, nowMs: aws.clock.now(), removedBecause })
  const tell = (state: CloneState): CloneReport => {
    const report = reportAs(state)
    announce(report)
    return report
  }
  /** Its writer is going: nobody shall be told that it is ready, nor get its endpoint. */
  const half = (how: 'kept' | 'held' | 'refused', what: string): ExplainedRemoval => {
    const failure = new Failure({
      title: 'Clone without a writer',
      what: `Clone "${cluster.identifier}" ${what} and keeps its data, but AWS is deleting its writer already.`,
      remedy: 'Run mode auto or create while its pull request is open: it makes the writer anew.',
    })
    aws.log.warning(failure.message)
    return { clone: tell('failed'), result: how, because: failure.what, failure }
  }
  let result: GoneResult
  try {
    cluster = await writeHold(aws.rds, cluster, hold)
    result = await convergeGone(aws, { found: cluster, identity, source, ...goal })
  } catch (error) {
    const failure = asFailure(error)
    const because = failure.what
    if (!(failure instanceof Cancelled)) aws.log.warning(`Clone "${cluster.identifier}": ${failure.message}`)
    // AWS had accepted the deletion already: that stands, whatever became of the wait for its end.
    if (cluster.status === 'deleting')
      return { clone: tell('deleting'), result: 'deleting', because, failure }
    if (failure instanceof Cancelled)
      return { clone: reportAs('ready'), result: 'cancelled', because, failure }
    return { clone: tell('undeleted'), result: 'failed', because, failure }
  }
  switch (result.kind) {
    case 'gone':
      return { clone: tell('destroyed'), result: 'destroyed', because: undefined }
    case 'deleting':
      return { clone: tell('deleting'), result: 'deleting', because: undefined }
    case 'wanted':
      if (result.isHalf) return half('kept', 'is wanted again')
      aws.log.info(`Clone "${cluster.identifier}" is wanted again and was kept`)
      return { clone: reportAs('ready'), result: 'kept', because: 'it is wanted again' }
    case 'refused': {
      const { kind, because } = result.verdict
      aws.log.warning(`Clone "${cluster.identifier}" was not deleted: ${because}`)
      if (result.isHalf) return half(kind === 'held' ? 'held' : 'refused', `stays (${because})`)
      if (kind === 'held') return { clone: tell('held'), result: 'held', because }
      return {
        clone: reportAs('undeleted'),
        result: 'refused',
        because,
        failure: deletionRefused(cluster.identifier, result.verdict),
      }
    }
  }
}
