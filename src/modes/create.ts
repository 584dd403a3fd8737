import { resetsOf } from '../aurora/clone/course.ts'
import { incarnationsOf } from '../aurora/clone/incarnations.ts'
import { isGoingBack } from '../aurora/clone/reset-requests.ts'
import type { Outcome } from '../outcome.ts'
import { askedResets, takeOffResetLabel } from './asked-resets.ts'
import { type Told, chooseCourse, tellCourse } from './choose-course.ts'
import { type CloneRun, identityOf, paceOf } from './context.ts'
import { type CurrentState, currentState } from './current-state.ts'
import { bringToReady } from './reach-ready.ts'
import { type Making, type MakingInputs, requestOf } from './ready-request.ts'
import { besideFormer, leftGoingBack, refusedByHold, removeReplaced, removeReplacedBy } from './refresh.ts'

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
  const course = await chooseCourse(run, inputs, { state, asked: asked.requests, clones })
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
