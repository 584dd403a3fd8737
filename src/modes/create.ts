import { timeAtAws } from '../aurora/api/aws-run.ts'
import type { ClusterSnapshot } from '../aurora/api/snapshot.ts'
import { cloneIdentifier } from '../aurora/clone/identity.ts'
import { type Course, courseOf, incarnationsOf, leadingIncarnations } from '../aurora/clone/incarnations.ts'
import type { OwnedClone } from '../aurora/clone/ownership.ts'
import { type ResetRequests, isGoingBack, withRequests } from '../aurora/clone/reset-requests.ts'
import { type CloneShape, isOfOtherShape } from '../aurora/clone/shape.ts'
import { findSource, isMadeFrom } from '../aurora/clone/source.ts'
import { demandOf } from '../demand.ts'
import { Failure, messageOf } from '../failure.ts'
import type { CreateInputs, ResetInputs } from '../inputs.ts'
import type { Outcome } from '../outcome.ts'
import { type SanitisingOrder } from '../sanitise/order.ts'
import { askedResets, takeOffResetLabel } from './asked-resets.ts'
import { type CloneRun, identityOf, paceOf } from './context.ts'
import { type CurrentState, currentState } from './current-state.ts'
import { publishedNetwork } from './publish.ts'
import { type ReadyRequest, bringToReady } from './reach-ready.ts'
import { noWayBack, rewindIfPossible } from './rewind.ts'
import { besideFormer, leftGoingBack, refusedByHold, removeReplaced, removeReplacedBy } from './refresh.ts'

type MakingInputs = CreateInputs | ResetInputs

/**
 * Makes the clone, or finds the existing one, and brings it to ready. Without `wait`, it only starts that. In mode `reset`, a clone in
 * use gets fresh data, unless an earlier attempt of the same request has done that.
 */
export async function create(run: CloneRun, inputs: MakingInputs): Promise<Outcome> {
  const { source } = inputs
  const state = await currentState(run, { source: source.kind === 'cluster' ? source.name : undefined })
  return await createFrom(state, run, inputs)
}

export async function createFrom(state: CurrentState, run: CloneRun, inputs: MakingInputs): Promise<Outcome> {
  const own = inputs.mode === 'reset' ? run.resetRequest : {}
  // Tags first, so that a renamed repository still finds its clone. A foreign cluster with the next name is reported, never changed.
  const clones = incarnationsOf(state.clusters, identityOf(run.owner, inputs))
  const asked = await askedResets(run, state.reading, { ...inputs, own })
  const course = await withRewind(run, inputs, {
    asked: asked.requests,
    course: unlessFutile(
      state,
      inputs,
      courseOf(clones, { asked: asked.requests, nowMs: timeAtAws(run.aws) }),
    ),
  })
  if (course.kind === 'go-on' && course.isRefused && isGoingBack(course.clone))
    throw leftGoingBack(course.clone)
  const outcome = await follow(run, inputs, { state, course, asked: asked.requests, clones, own })
  if (outcome.outcome !== 'ready') return outcome
  const { resets, replaces } = resetsOf(course, asked.requests)
  await removeReplaced(run, clones, { outcome, replaces, pace: paceOf(run, inputs) })
  const isRefused = course.kind === 'go-on' && course.isRefused
  if (inputs.resetLabel !== undefined && outcome.failure === undefined && !isRefused)
    await takeOffResetLabel(run, inputs.resetLabel, resets)
  const refusal = isRefused ? refusedByHold(run, course.clone, asked.requests) : undefined
  return { ...outcome, failure: outcome.failure ?? refusal ?? asked.doubt }
}

async function follow(
  run: CloneRun,
  inputs: MakingInputs,
  { clones, own, ...making }: Making & Omit<Told, 'request' | 'course'>,
): Promise<Outcome> {
  const { course, state } = making
  const former = course.kind === 'refresh' ? course.former : undefined
  const go = async (): Promise<Outcome> => {
    const request = await requestOf(run, inputs, making)
    tellCourse(run, { course, clones, own, request })
    if (former !== undefined && state.reading.kind === 'open')
      await removeReplacedBy(run, clones, { former, pace: request.pace })
    return await bringToReady(run, { ...request, former })
  }
  return former === undefined ? await go() : await besideFormer(run, { former, request: inputs }, go)
}

/** What follows removes a clone that its pull request no longer wants, and refuses one of another source. A reset of it changes nothing. */
function unlessFutile(
  { clusters, reading }: CurrentState,
  { source, label }: MakingInputs,
  course: Course,
): Course {
  if (course.kind !== 'refresh') return course
  const { former } = course
  const isOfSource = isMadeFrom(former.source, source, findSource(clusters, source, former.identity))
  return isOfSource && demandOf(reading, label).kind !== 'unwanted'
    ? course
    : { kind: 'go-on', clone: former, isRefused: false }
}

/** On Aurora MySQL with a backtrack window, the clone itself goes back instead. */
async function withRewind(
  run: CloneRun,
  inputs: MakingInputs,
  { course, asked }: Omit<Making, 'state'>,
): Promise<Course> {
  if (
    course.kind === 'refresh' &&
    course.begun === undefined &&
    !(await isMadeOtherwise(run, course.former, inputs))
  ) {
    const { former } = course
    const requests = withRequests(former.resetting, asked)
    return (await rewindIfPossible(run, inputs, { former, requests })) ?? course
  }
  if (inputs.mode === 'reset' && inputs.backtrackTo !== undefined && course.kind !== 'go-on')
    throw noWayBack('no clone in use was made with the inputs of this run')
  return course
}

/** Then only a new one is what this run asks for. */
async function isMadeOtherwise(run: CloneRun, former: OwnedClone, inputs: MakingInputs): Promise<boolean> {
  if (isOfOtherShape(former, inputs.shape)) return true
  const { preparation } = former
  if (preparation.kind !== 'clean') return false
  const order = await readSanitising(run, inputs, { existing: former, original: undefined })
  return order?.digest !== preparation.digest
}

interface Making {
  readonly state: CurrentState
  readonly course: Course
  readonly asked: ResetRequests
}

/** The order for the clone of this course. */
async function requestOf(run: CloneRun, inputs: MakingInputs, { state, course, asked }: Making) {
  const { clusters } = state
  const existing =
    course.kind === 'go-on' ? course.clone : course.kind === 'refresh' ? course.begun : undefined
  const next =
    course.kind === 'go-on'
      ? course.clone.identity
      : { ...identityOf(run.owner, inputs), incarnation: course.incarnation }
  const identity = existing?.identity ?? next
  const deterministic = cloneIdentifier({ repository: run.repositoryName, identity })
  const found = existing?.cluster ?? clusters.find(({ identifier }) => identifier === deterministic)
  const { region, repositoryFullName: repository, repositoryName } = run
  const { source, maxClones, label, hold, shape, ttlMs, allowForks, probe, envPrefix } = inputs
  const original = findSource(clusters, source, identity)?.cluster
  return {
    identity,
    identifier: found?.identifier ?? deterministic,
    found,
    making: {
      ...{ source, listing: state, maxClones, region, repository, repositoryName, label, hold, shape, ttlMs },
      ...resetsOf(course, asked),
    },
    waitUntilReady: inputs.wait,
    pace: paceOf(run, inputs),
    label,
    allowForks,
    probe,
    envPrefix,
    resetLabel: inputs.resetLabel,
    preparation: {
      by: inputs.isPublishedBySteps ? 'steps' : 'this-run',
      sanitising: await readSanitising(run, inputs, { existing, original }),
      securityGroupIds: networkOf(shape, { existing, original }),
    },
  } as const satisfies ReadyRequest
}

/** What the clone of this course meets, and what it replaces. */
function resetsOf(
  course: Course,
  asked: ResetRequests,
): Readonly<{ resets: ResetRequests; replaces: number }> {
  switch (course.kind) {
    case 'make':
      return { resets: asked, replaces: 0 }
    case 'go-on': {
      // One that was handed out has in its tags what it has met.
      const { resets: met, replaces, isHandedOut } = course.clone
      return { resets: isHandedOut ? met : withRequests(met, asked), replaces }
    }
    case 'refresh': {
      const { former, begun } = course
      const met = withRequests(withRequests(former.resets, former.resetting), begun?.resets ?? {})
      return { resets: withRequests(met, asked), replaces: course.replaces }
    }
  }
}

interface Told {
  readonly course: Course
  readonly clones: readonly OwnedClone[]
  readonly own: ResetRequests
  readonly request: Pick<ReadyRequest, 'identifier'>
}

function tellCourse(
  { aws: { log } }: CloneRun,
  { course, clones, own, request: { identifier } }: Told,
): void {
  const [leading] = leadingIncarnations(clones)
  if (course.kind === 'make' && leading !== undefined)
    log.info(`"${leading.cluster.identifier}" is being deleted; the next one is "${identifier}"`)
  if (course.kind === 'refresh')
    log.info(`"${identifier}" with fresh data takes the place of "${course.former.cluster.identifier}"`)
  if (course.kind === 'go-on' && !course.isRefused && Object.keys(own).length > 0)
    log.info(
      course.clone.isHandedOut
        ? `"${identifier}" has met this request`
        : `"${identifier}" has never been in use, so its data is fresh`,
    )
}

/** The clone that there is, and the source. */
interface Found {
  readonly existing: OwnedClone | undefined
  readonly original: ClusterSnapshot | undefined
}

/** The groups of the published clone. Without a quarantine it is in them from the beginning. */
function networkOf(
  { quarantineGroupIds, securityGroupIds }: CloneShape,
  { existing, original }: Found,
): readonly string[] | undefined {
  if (quarantineGroupIds === undefined) return undefined
  return existing === undefined
    ? (securityGroupIds ?? original?.securityGroupIds)
    : publishedNetwork(existing, securityGroupIds ?? original?.securityGroupIds)
}

/** All files are read and checked before anything is created. */
async function readSanitising(
  run: CloneRun,
  { sanitising }: Pick<CreateInputs, 'sanitising'>,
  { existing, original }: Found,
): Promise<SanitisingOrder | undefined> {
  const { engine } = existing?.cluster ?? original ?? {}
  // Without a source there is no clone either, and the next look says so.
  if (sanitising === undefined || engine === undefined) return undefined
  const { readSanitisingOrder } = await import('../sanitise/read-order.ts')
  try {
    return await readSanitisingOrder(sanitising, engine, run.readFiles)
  } catch (error) {
    // They never run on a clone that is in use.
    if (existing?.hasBeenReady !== true || !(error instanceof Failure)) throw error
    run.aws.log.warning(`The files that sanitise the next clone are not usable: ${messageOf(error)}`)
    return undefined
  }
}
