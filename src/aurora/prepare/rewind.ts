import { formatDuration } from '../../duration.ts'
import { Failure } from '../../failure.ts'
import { type AwsCallError, hasCode, isTransient } from '../api/aws-call.ts'
import { type AwsRun, timeAtAws } from '../api/aws-run.ts'
import { type BacktrackSnapshot, describeBacktrack, describeInstancesOf } from '../api/describe.ts'
import type { InstanceSnapshot } from '../api/snapshot.ts'
import type { OwnedClone } from '../clone/ownership.ts'
import { deletedMeanwhile, writeTags } from '../clone/renewal.ts'
import { type ResetRequests, isGoingBack } from '../clone/reset-requests.ts'
import { standing, writerOf } from '../clone/writer.ts'
import { type Reconciler, type Turn, type Wait, converge, done, throwIfCancelled } from '../converge.ts'
import type { Pace } from '../pace.ts'
import { type Change, backtrackClone, changeClone, lookAgain } from './change-clone.ts'
import { BETWEEN_LOGINS_MS, databaseOf, loginProblem } from './login.ts'
import { FRESH_REWIND, type RewindMemory, type RewindStep, planRewind } from './rewind-plan.ts'

export interface RewindOrder {
  readonly requests: ResetRequests
  /** By AWS's clock. */
  readonly toMs: number
  /** The same, where a person chose it: a run that finishes this one goes back to it, too. */
  readonly chosenMs: number | undefined
  readonly pace: Pace
  /** Called after every look. */
  readonly announce: (clone: OwnedClone, writer: InstanceSnapshot | undefined) => void
}

export type Rewound =
  | { readonly kind: 'rewound'; readonly clone: OwnedClone }
  /** A hold refuses it. The data are as they were. */
  | { readonly kind: 'held'; readonly clone: OwnedClone }
  /** AWS does not do it. The data are as they were. */
  | { readonly kind: 'impossible'; readonly because: string }

const REFUSALS = [
  'AccessDenied',
  'InvalidDBClusterStateFault',
  'InvalidParameterCombination',
  'InvalidParameterValue',
]
/** Refusals in a row: AWS may still be busy with the clone. */
const MOST_REFUSALS = 5

/**
 * Takes a clone in use back to a time of its own, on Aurora MySQL with a backtrack window. It is done when a login with its own password
 * works. A run that was cut off is repeated as a whole: going back twice to one time gives the same data. Throws Failure and AwsCallError.
 */
export async function rewindClone(aws: AwsRun, clone: OwnedClone, order: RewindOrder): Promise<Rewound> {
  const run = new RewindRun(aws, clone, order)
  await run.look()
  return await converge(aws, order.pace, run)
}

class RewindRun implements Reconciler<Rewound> {
  readonly logPrefix = ''
  readonly #aws: AwsRun
  readonly #order: RewindOrder
  #clone: OwnedClone
  #writer: InstanceSnapshot | undefined
  #backtrack: BacktrackSnapshot | undefined
  #memory: RewindMemory = FRESH_REWIND
  #refusals = 0
  /** This run has said that it goes back, no other one had, and AWS has not taken it. */
  #mayWithdraw = false

  constructor(aws: AwsRun, clone: OwnedClone, order: RewindOrder) {
    this.#aws = aws
    this.#clone = clone
    this.#order = order
  }

  turn = async (): Promise<Turn<Rewound>> => {
    throwIfCancelled(this.#aws, this)
    this.#order.announce(this.#clone, this.#writer)
    const step = this.#plan(this.#clone)
    switch (step.kind) {
      case 'done':
        return done({ kind: 'rewound', clone: this.#clone })
      case 'held':
        await this.#withdraw()
        return done({ kind: 'held', clone: this.#clone })
      case 'impossible':
        return await this.#giveUp(step.because)
      case 'too-far':
        throw wentTooFar(this.#clone, step.reachedAtMs)
      case 'wait':
        return { kind: 'wait', waitingFor: `waiting for the clone to go back: ${step.waitingFor}` }
      case 'tag':
        await this.#write(step.tag)
        return { kind: 'look' }
      case 'backtrack':
        return await this.#goBack()
      case 'prove':
        return await this.#prove(step.secretArn)
      case 'change':
        return await this.#change(step.change)
    }
  }

  #plan(clone: OwnedClone): RewindStep {
    return planRewind({
      ...this.#order,
      clone,
      writer: this.#writer,
      backtrack: this.#backtrack,
      memory: this.#memory,
      nowMs: this.#aws.clock.now(),
      awsNowMs: timeAtAws(this.#aws),
    })
  }

  async #goBack(): Promise<Turn<Rewound>> {
    const { toMs } = this.#order
    const mayGoBack = (now: OwnedClone): boolean => this.#plan(now).kind === 'backtrack'
    try {
      const backtrack = await backtrackClone(this.#aws, this.#clone, { toMs, mayGoBack })
      if (backtrack === undefined) return { kind: 'look' }
      this.#aws.log.info(
        `Clone "${this.#clone.cluster.identifier}" goes back to ${new Date(toMs).toISOString()}; its connections are cut`,
      )
      this.#memory = { ...this.#memory, backtrack }
      return { kind: 'look' }
    } catch (error) {
      if (isTransient(error)) {
        // AWS may have taken it without an answer.
        this.#mayWithdraw &&= error.operation !== 'BacktrackDBCluster'
        return refused(error)
      }
      if (!hasCode(error, ...REFUSALS) || error.operation !== 'BacktrackDBCluster') throw error
      this.#refusals += 1
      const mayPass = error.code === 'InvalidDBClusterStateFault' && this.#refusals < MOST_REFUSALS
      return mayPass ? refused(error) : await this.#giveUp(error.message)
    }
  }

  async #giveUp(because: string): Promise<Turn<Rewound>> {
    await this.#withdraw()
    return done({ kind: 'impossible', because })
  }

  /** The next run would take what this one has begun for its own to finish. */
  async #withdraw(): Promise<void> {
    if (!this.#mayWithdraw) return
    const written = await writeTags(this.#aws, this.#clone, { rewinding: 'withdrawn' })
    this.#clone = written ?? this.#clone
  }

  async #prove(secretArn: string): Promise<Turn<Rewound>> {
    const { cluster } = this.#clone
    const login = { secretArn, database: databaseOf(cluster), mayPass: () => false }
    const problem = await loginProblem(this.#aws, cluster, login)
    if (problem === undefined) {
      this.#aws.log.info('A login with the password of the clone works')
      this.#memory = { ...this.#memory, isProven: true }
      return { kind: 'look' }
    }
    const isRefused = problem.code === 'DatabaseErrorException'
    this.#memory = { ...this.#memory, refusedLogins: isRefused ? this.#memory.refusedLogins + 1 : 0 }
    const waitingFor = `waiting for a login to work: ${problem.message}`
    return { kind: 'wait', waitingFor, restMs: BETWEEN_LOGINS_MS, refusal: problem }
  }

  async #change(change: Change): Promise<Turn<Rewound>> {
    if (change.kind === 'rotate-password')
      this.#aws.log.info('The password was rotated since that time; AWS makes a new one')
    try {
      this.#clone = await changeClone(this.#aws, this.#clone, change)
      const changedAtMs = { ...this.#memory.changedAtMs, [change.kind]: this.#aws.clock.now() }
      this.#memory = { ...this.#memory, changedAtMs }
      return { kind: 'look' }
    } catch (error) {
      if (!isTransient(error) && !hasCode(error, 'InvalidDBClusterStateFault', 'InvalidResourceStateFault'))
        throw error
      return refused(error)
    }
  }

  async #write(tag: 'resetting' | 'resets'): Promise<void> {
    const { requests, chosenMs: toMs } = this.#order
    if (tag === 'resetting') this.#mayWithdraw = !isGoingBack(this.#clone)
    const written = await writeTags(this.#aws, this.#clone, {
      rewinding: tag === 'resets' ? { tag, requests } : { tag, requests, toMs },
    })
    if (written === undefined) throw deletedMeanwhile(this.#clone.cluster.identifier)
    this.#clone = written
  }

  look = async (): Promise<void> => {
    const { rds, signal } = this.#aws
    this.#clone = await lookAgain(this.#aws, this.#clone)
    const { cluster } = this.#clone
    this.#writer = writerOf(cluster, await describeInstancesOf(rds, cluster.identifier, signal))
    const { backtrack: identifier } = this.#memory
    if (identifier !== undefined)
      this.#backtrack = await describeBacktrack(rds, { cluster: cluster.identifier, identifier }, signal)
  }

  timedOut = ({ waitingFor }: Wait): Failure =>
    new Failure({
      title: 'Timed out',
      what: `Clone "${this.#clone.cluster.identifier}" was not reset within ${formatDuration(this.#order.pace.limitMs)} (${waitingFor}).`,
      remedy: 'Run the job again: it goes on with the reset.',
    })

  standing = (): string =>
    `Clone "${this.#clone.cluster.identifier}" is being reset; it stands at: ${standing(this.#clone.cluster, this.#writer)}.`
}

function refused(error: AwsCallError): Wait {
  return { kind: 'wait', waitingFor: `waiting for AWS to take a change: ${error.message}` }
}

function wentTooFar({ cluster: { identifier } }: OwnedClone, reachedAtMs: number): Failure {
  return new Failure({
    title: 'Clone failed',
    what: `AWS took clone "${identifier}" back to ${new Date(reachedAtMs).toISOString()}, which is before it was published: it may have rows and passwords that nobody may see.`,
    remedy: 'Remove it now with mode destroy, then run mode create.',
  })
}
