import { formatDuration } from '../../duration.ts'
import { Failure } from '../../failure.ts'
import { AwsCallError, hasCode, isDenied, isDeniedToNew, isTransient } from '../api/aws-call.ts'
import { type AwsRun, timeAtAws } from '../api/aws-run.ts'
import { explainAwsError } from '../api/explain.ts'
import type { OwnedClone } from '../clone/ownership.ts'
import { type Reconciler, type Turn, type Wait, converge, done, throwIfCancelled } from '../converge.ts'
import type { Pace } from '../pace.ts'
import { type Change, changeClone, lookAgain } from './change-clone.ts'
import { FRESH_PREPARATION, type PreparationMemory, planPreparation } from './plan.ts'

/** The rest before the next login is tried. */
const BETWEEN_LOGINS_MS = 3_000
const LOGIN = 'SELECT 1'

/**
 * Gives a clone a master password that only Secrets Manager knows: RDS makes it, and a login by the RDS Data API proves that it is in
 * force. Returns the clone as it is then. A run that was interrupted is continued by the next one: the state is AWS's.
 */
export async function prepareClone(aws: AwsRun, clone: OwnedClone, pace: Pace): Promise<OwnedClone> {
  return await converge(aws, pace, new Preparation(aws, clone, pace))
}

const SAID: Readonly<Partial<Record<Change, string>>> = {
  'manage-password': 'AWS makes a master password for the clone and keeps it in Secrets Manager',
}

class Preparation implements Reconciler<OwnedClone> {
  readonly logPrefix = ''
  readonly #aws: AwsRun
  readonly #pace: Pace
  #clone: OwnedClone
  #memory: PreparationMemory = FRESH_PREPARATION

  constructor(aws: AwsRun, clone: OwnedClone, pace: Pace) {
    this.#aws = aws
    this.#clone = clone
    this.#pace = pace
  }

  turn = async (): Promise<Turn<OwnedClone>> => {
    throwIfCancelled(this.#aws, this)
    const step = planPreparation(this.#clone.cluster, this.#memory, this.#aws.clock.now())
    switch (step.kind) {
      case 'done':
        return done(this.#clone)
      case 'wait':
        return step
      case 'prove':
        return await this.#prove(step.secretArn)
      case 'change':
        return await this.#change(step.change)
    }
  }

  async #change(change: Change): Promise<Turn<OwnedClone>> {
    const said = SAID[change]
    if (said !== undefined) this.#aws.log.info(said)
    try {
      this.#clone = await changeClone(this.#aws, this.#clone, change)
      const changedAtMs = { ...this.#memory.changedAtMs, [change]: this.#aws.clock.now() }
      this.#memory = { ...this.#memory, changedAtMs }
      return { kind: 'look' }
    } catch (error) {
      const mayPass =
        isTransient(error) ||
        hasCode(error, 'InvalidDBClusterStateFault', 'InvalidResourceStateFault') ||
        this.#isTagLag(error)
      if (!mayPass) throw error
      return {
        kind: 'wait',
        waitingFor: `waiting for AWS to take a change: ${error.message}`,
        refusal: error,
      }
    }
  }

  /** A login that fails may work later: the password, the Data API and the database take their time. A denial does not pass. */
  async #prove(secretArn: string): Promise<Turn<OwnedClone>> {
    try {
      await this.#aws.dataApi.execute({ clusterArn: this.#clone.cluster.arn, secretArn }, LOGIN)
    } catch (error) {
      if (!(error instanceof AwsCallError)) throw error
      if (isDenied(error) && !this.#isTagLag(error)) throw error
      const waitingFor = `waiting for the new password to work: ${error.message}`
      return { kind: 'wait', waitingFor, restMs: BETWEEN_LOGINS_MS, refusal: error }
    }
    this.#aws.log.info('A login with the new password works')
    this.#memory = { ...this.#memory, isProven: true }
    return { kind: 'look' }
  }

  #isTagLag(error: unknown): error is AwsCallError {
    const { createdAtMs } = this.#clone
    return isDeniedToNew(error, { createdAtMs, nowMs: timeAtAws(this.#aws) })
  }

  look = async (): Promise<void> => {
    this.#clone = await lookAgain(this.#aws, this.#clone)
  }

  timedOut = ({ waitingFor, refusal }: Wait): Failure => {
    if (refusal !== undefined && isDenied(refusal)) return explainAwsError(refusal)
    const { identifier } = this.#clone.cluster
    return new Failure({
      title: 'Timed out',
      what: `Clone "${identifier}" did not get a password of its own within ${formatDuration(this.#pace.limitMs)} (${waitingFor}).`,
      remedy: 'Run the job again, which continues, with a longer wait-timeout if necessary.',
    })
  }

  standing = (): string =>
    `Clone "${this.#clone.cluster.identifier}" does not have a password of its own yet.`
}
