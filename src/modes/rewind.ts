import { timeAtAws } from '../aurora/api/aws-run.ts'
import { hasBacktrack } from '../aurora/api/snapshot.ts'
import type { Course } from '../aurora/clone/course.ts'
import type { OwnedClone } from '../aurora/clone/ownership.ts'
import {
  type ResetRequests,
  isGoingBack,
  unmetRequests,
  withRequests,
} from '../aurora/clone/reset-requests.ts'
import { type RewindPoint, rewindPoint } from '../aurora/prepare/rewind-plan.ts'
import { FRESH_DEMAND_MS, demandOf, unreadablePullRequest } from '../demand.ts'
import { Failure } from '../failure.ts'
import type { CreateInputs, ResetInputs } from '../inputs.ts'
import { type CloneRun, paceOf, reportNow } from './context.ts'

interface Rewinding {
  readonly former: OwnedClone
  readonly requests: ResetRequests
}

/**
 * Takes a clone in use back to the moment when it was published, or to `backtrack-to`. `undefined`: that is not possible, so the next
 * clone is made beside it. Throws Failure where a moment was chosen that cannot be had, or where the pull request cannot be read.
 */
export async function rewindIfPossible(
  run: CloneRun,
  inputs: CreateInputs | ResetInputs,
  { former, requests }: Rewinding,
): Promise<Extract<Course, { readonly kind: 'go-on' }> | undefined> {
  const { aws, pullRequest, owner } = run
  const askedMs = chosenTime(inputs)
  const chosenMs = askedMs ?? begunMoment(former, requests)
  const point = rewindPoint(former, { askedMs: chosenMs, nowMs: timeAtAws(aws) })
  if (point.kind === 'impossible') {
    tellNoWayBack(run, former, { askedMs, ...point })
    return undefined
  }
  // An unwanted clone is removed by what follows.
  const reading = await pullRequest.read(FRESH_DEMAND_MS)
  if (reading.kind === 'unreadable') throw unreadablePullRequest(owner.number ?? 0, reading.because)
  const mayServe = inputs.allowForks || !reading.fromFork
  if (!mayServe || demandOf(reading, inputs.label).kind === 'unwanted')
    return { kind: 'go-on', clone: former, isRefused: false }
  const { rewindClone } = await import('../aurora/prepare/rewind.ts')
  const order = {
    requests,
    toMs: point.toMs,
    chosenMs,
    pace: paceOf(run, inputs),
    announce: (clone: OwnedClone, writer: Parameters<typeof reportNow>[2]['writer']) => {
      run.announce(reportNow(run, clone, { writer, fate: { state: 'resetting' } }))
    },
  }
  const rewound = await aws.log.group(`Reset "${former.cluster.identifier}"`, () =>
    rewindClone(aws, former, order),
  )
  if (rewound.kind !== 'impossible')
    return { kind: 'go-on', clone: rewound.clone, isRefused: rewound.kind === 'held' }
  tellNoWayBack(run, former, { askedMs, ...rewound })
  return undefined
}

/** A run that was cut off is repeated as it was, unless more is asked for now. */
function begunMoment(former: OwnedClone, requests: ResetRequests): number | undefined {
  const begun = withRequests(former.resets, former.resetting)
  return isGoingBack(former) && unmetRequests(requests, begun).length === 0 ? former.resettingToMs : undefined
}

function chosenTime(inputs: CreateInputs | ResetInputs): number | undefined {
  return inputs.mode === 'reset' ? inputs.backtrackTo?.getTime() : undefined
}

function tellNoWayBack(
  { aws: { log } }: CloneRun,
  { cluster }: OwnedClone,
  { askedMs, because }: Readonly<{ askedMs: number | undefined }> & Pick<Impossible, 'because'>,
): void {
  const { identifier } = cluster
  if (askedMs !== undefined) throw noWayBack(`clone "${identifier}" cannot go back to it: ${because}`)
  if (hasBacktrack(cluster))
    log.info(`"${identifier}" is not taken back (${because}), so a new one takes its place`)
}

type Impossible = Extract<RewindPoint, { readonly kind: 'impossible' }>

/** For `backtrack-to` without a clone in use. */
export function noWayBack(because: string): Failure {
  return new Failure({
    title: 'Invalid input',
    what: `backtrack-to names a moment, but ${because.replace(/[.]$/, '')}.`,
    remedy:
      'Choose a time since the clone was published and within its backtrack-window, or leave backtrack-to out.',
  })
}
