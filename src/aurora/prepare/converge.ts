import { formatDuration } from '../../duration.ts'
import { Cancelled, Failure } from '../../failure.ts'
import type { SanitisingOrder, SanitisingReport } from '../../sanitise/order.ts'
import { AwsCallError, hasCode, isDenied, isDeniedToNew, isTransient } from '../api/aws-call.ts'
import { type AwsRun, timeAtAws } from '../api/aws-run.ts'
import { explainAwsError } from '../api/explain.ts'
import type { Milestones } from '../clone/milestones.ts'
import type { OwnedClone } from '../clone/ownership.ts'
import { BEAT_MS, NEEDED_INPUTS, type UnderPreparation } from '../clone/preparation.ts'
import { deletedMeanwhile, writeTags } from '../clone/renewal.ts'
import { type Reconciler, type Turn, type Wait, converge, done, throwIfCancelled } from '../converge.ts'
import { type Change, changeClone, lookAgain } from './change-clone.ts'
import { CloneDatabase } from './database.ts'
import { BETWEEN_LOGINS_MS, databaseOf, dialectOf, loginProblem } from './login.ts'
import type { PreparationOrder } from './order.ts'
import {
  FRESH_PREPARATION,
  type PreparationFailure,
  type PreparationMemory,
  type Work,
  planPreparation,
} from './plan.ts'
import { checkColumns, isolate, renewStatistics, runChecks, runStatements, withMarkers } from './sanitise.ts'

export type Prepared =
  | {
      readonly kind: 'prepared' | 'handed-over'
      readonly clone: OwnedClone
      readonly report?: SanitisingReport | undefined
      /** What this run has seen of it. */
      readonly milestones: Milestones
    }
  /** Another run has left it half prepared. */
  | { readonly kind: 'begin-anew'; readonly clone: OwnedClone }
  | { readonly kind: 'unwanted'; readonly clone: OwnedClone }

/**
 * Brings a clone from *ready at AWS* to where it may be published: it gets a password of its own, is sanitised, and moves to its
 * network. A run that was interrupted before the first statement is continued by the next one: the state is AWS's.
 */
export async function prepareClone(
  aws: AwsRun,
  clone: OwnedClone,
  order: PreparationOrder,
): Promise<Prepared> {
  const run = new PreparationRun(aws, clone, order)
  try {
    return await converge(aws, order.pace, run)
  } catch (error) {
    if (error instanceof NoLongerWanted) return { kind: 'unwanted', clone: run.clone }
    throw error
  }
}

class NoLongerWanted extends Error {}

const SAID: Readonly<Partial<Record<Change['kind'], string>>> = {
  'manage-password': 'AWS makes a master password for the clone and keeps it in Secrets Manager',
  move: 'The clone moves to its own security groups',
}

class PreparationRun implements Reconciler<Prepared> {
  readonly logPrefix = ''
  readonly #aws: AwsRun
  readonly #order: PreparationOrder
  clone: OwnedClone
  #memory: PreparationMemory = FRESH_PREPARATION
  #report: SanitisingReport | undefined
  #milestones: Milestones = {}
  /** When this run last said that it is at work, by the runner's clock. */
  #beatAtMs = -Infinity

  constructor(aws: AwsRun, clone: OwnedClone, order: PreparationOrder) {
    this.#aws = aws
    this.clone = clone
    this.#order = order
  }

  turn = async (): Promise<Turn<Prepared>> => {
    throwIfCancelled(this.#aws, this)
    await this.#tellAtWork()
    const { clone } = this
    if (clone.preparation.kind === 'clean' && this.#memory.cleanAtMs === undefined)
      this.#memory = { ...this.#memory, cleanAtMs: timeAtAws(this.#aws) }
    const step = planPreparation({
      clone,
      order: this.#order,
      memory: this.#memory,
      nowMs: this.#aws.clock.now(),
      awsNowMs: timeAtAws(this.#aws),
    })
    switch (step.kind) {
      case 'done':
        return done({ kind: 'prepared', clone, report: this.#report, milestones: this.#milestones })
      case 'handed-over':
        return done({ kind: 'handed-over', clone, report: this.#report, milestones: this.#milestones })
      case 'begin-anew':
        return done({ kind: 'begin-anew', clone })
      case 'fail':
        throw explain(step.why, clone)
      case 'wait':
        await this.#throwIfUnwanted()
        return step
      case 'prove':
        return await this.#prove(step.secretArn)
      case 'change':
        return await this.#change(step.change)
      case 'tag':
        await this.#write(step.preparation)
        if (step.preparation.kind === 'begun') this.#tellQuarantine()
        return { kind: 'look' }
      case 'work':
        await this.#work(step.work)
        return { kind: 'look' }
    }
  }

  #tellQuarantine(): void {
    if (this.#order.securityGroupIds === undefined) return
    const { securityGroupIds } = this.clone.cluster
    this.#aws.log.info(`The clone is in quarantine until it is clean (${securityGroupIds.join(', ')})`)
  }

  async #change(change: Change): Promise<Turn<Prepared>> {
    const said = SAID[change.kind]
    if (said !== undefined) this.#aws.log.info(said)
    try {
      this.clone = await changeClone(this.#aws, this.clone, change)
      const changedAtMs = { ...this.#memory.changedAtMs, [change.kind]: this.#aws.clock.now() }
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

  async #prove(secretArn: string): Promise<Turn<Prepared>> {
    const { cluster } = this.clone
    const problem = await loginProblem(this.#aws, cluster, {
      secretArn,
      database: this.#databaseName(),
      mayPass: (denial) => this.#isTagLag(denial),
    })
    if (problem !== undefined) {
      const waitingFor = `waiting for the new password to work: ${problem.message}`
      return { kind: 'wait', waitingFor, restMs: BETWEEN_LOGINS_MS, refusal: problem }
    }
    this.#aws.log.info('A login with the new password works')
    this.#milestones = { ...this.#milestones, credentials: this.#aws.awsNow() }
    this.#memory = { ...this.#memory, isProven: true }
    return { kind: 'look' }
  }

  /** What fails here leaves data that is half changed, and says so, so that the next run begins anew. */
  async #work(work: Work): Promise<void> {
    const { sanitising } = this.#order
    if (sanitising === undefined) throw new Error('there is no order to work by')
    try {
      this.#report = await this.#sanitise(work, sanitising)
      this.#milestones = { ...this.#milestones, prepared: this.#aws.awsNow() }
      this.#memory = { ...this.#memory, isWorkDone: true }
    } catch (error) {
      if (work === 'sanitise' && !(error instanceof Cancelled)) await this.#writeFailed()
      // Whoever takes a clone over ends the sessions of others.
      if (this.#isTheirs()) throw takenOver(this.clone)
      // The loop would take the step again after a look that AWS did not answer.
      throw error instanceof AwsCallError ? explainAwsError(error) : error
    }
  }

  async #sanitise(work: Work, order: SanitisingOrder): Promise<SanitisingReport> {
    const { log } = this.#aws
    const database = this.#database()
    const isolation = await log.group('Logins, and what the clone does by itself', async () => {
      const done = await isolate(database, order, log)
      if (order.disablesLogins && done.logins.length === 0) log.info('Logins disabled: 0')
      return done
    })
    const report = { ...isolation, files: [], checks: 0, columns: undefined }
    if (work === 'isolate') return report
    const { checks } = order
    const statements = work === 'sanitise' ? order.statements : []
    const files =
      statements.length + checks.length === 0
        ? []
        : await log.group('Sanitise and verify', () =>
            withMarkers(database, work === 'verify', async () => {
              const done = await runStatements(database, statements, log)
              await runChecks(database, checks, { after: statements.length, log })
              if (statements.length > 0)
                await renewStatistics(database, statements.length + checks.length + 1)
              return done
            }),
          )
    const columns = await checkColumns(database, order, log)
    // A statement of the user's may have made a login, or an event.
    const again = statements.length === 0 ? isolation : await isolate(database, order, log)
    return {
      ...report,
      logins: [...new Set([...isolation.logins, ...again.logins])],
      files,
      checks: checks.length,
      columns,
    }
  }

  #database(): CloneDatabase {
    const { arn: clusterArn, secretArn = '' } = this.clone.cluster
    const dialect = dialectOf(this.clone.cluster)
    const database = this.#databaseName()
    return new CloneDatabase(this.#aws, { clusterArn, secretArn, database, dialect, beat: this.#beat })
  }

  #databaseName(): string | undefined {
    return databaseOf(this.clone.cluster, this.#order.sanitising?.database)
  }

  /** Before each statement and while one runs: this run says that it is at work, and asks whether the clone is still wanted. */
  readonly #beat = async (): Promise<void> => {
    throwIfCancelled(this.#aws, this)
    const nowMs = this.#aws.clock.now()
    const { startedAtMs, limitMs } = this.#order.pace
    if (nowMs > startedAtMs + limitMs) throw this.timedOut({ kind: 'wait', waitingFor: 'sanitising' })
    if (nowMs - this.#beatAtMs < BEAT_MS) return
    const wasMine = this.#isMine()
    await this.look()
    if (wasMine && !this.#isMine()) throw takenOver(this.clone)
    await this.#tellAtWork()
  }

  /** Once a minute: the tag says that this run is at work, unless the clone is no longer wanted. */
  async #tellAtWork(): Promise<void> {
    const nowMs = this.#aws.clock.now()
    if (nowMs - this.#beatAtMs < BEAT_MS) return
    this.#beatAtMs = nowMs
    await this.#throwIfUnwanted()
    if (this.#isMine()) await this.#write({ kind: 'begun', run: this.#order.run, atMs: timeAtAws(this.#aws) })
  }

  #isMine(): boolean {
    const { preparation } = this.clone
    return preparation.kind === 'begun' && preparation.run === this.#order.run
  }

  #isTheirs(): boolean {
    return this.clone.preparation.kind === 'begun' && !this.#isMine()
  }

  async #throwIfUnwanted(): Promise<void> {
    if (!(await this.#order.isStillWanted())) throw new NoLongerWanted()
  }

  async #write(preparation: UnderPreparation): Promise<void> {
    const written = await writeTags(this.#aws, this.clone, {
      preparation: { now: preparation, by: this.#order.run },
    })
    if (written === undefined) throw deletedMeanwhile(this.clone.cluster.identifier)
    this.clone = written
    if (preparation.kind === 'handed-over') this.#memory = { ...this.#memory, isHandedOver: true }
  }

  async #writeFailed(): Promise<void> {
    await this.#write({ kind: 'failed' }).catch(() => {
      this.#aws.log.warning(
        'The clone could not be marked as failed; the next run begins anew after five minutes.',
      )
    })
  }

  #isTagLag(error: unknown): error is AwsCallError {
    const { createdAtMs } = this.clone
    return isDeniedToNew(error, { createdAtMs, nowMs: timeAtAws(this.#aws) })
  }

  look = async (): Promise<void> => {
    this.clone = await lookAgain(this.#aws, this.clone)
  }

  timedOut = ({ waitingFor, refusal }: Wait): Failure => {
    if (refusal !== undefined && isDenied(refusal)) return explainAwsError(refusal)
    const { identifier } = this.clone.cluster
    return new Failure({
      title: 'Timed out',
      what: `Clone "${identifier}" was not ready to be published within ${formatDuration(this.#order.pace.limitMs)} (${waitingFor}).`,
      remedy: 'Run the job again, which continues, with a longer wait-timeout if necessary.',
    })
  }

  standing = (): string => `Clone "${this.clone.cluster.identifier}" is not published yet.`
}

function explain(why: PreparationFailure, { cluster: { identifier } }: OwnedClone): Failure {
  const [what, remedy] = FAILURES[why]
  return new Failure({
    title: 'Clone not published',
    what: `Clone "${identifier}" ${what}. Nobody gets its endpoint.`,
    remedy,
  })
}

const FAILURES: Readonly<Record<PreparationFailure, readonly [what: string, remedy: string]>> = {
  'no-order': [
    'was made to be sanitised before it is published, and this run has none of the inputs for that',
    NEEDED_INPUTS,
  ],
  'not-handed-over': [
    'is not in the hands of the steps of this workflow run, so mode publish has nothing to publish',
    'Run mode create with publish: manual in the same workflow run before it.',
  ],
  'no-login': [
    'has the password of its source, and this run is to look into its database',
    'Make the clone anew, with master-credentials: managed in mode create.',
  ],
  'left-half-prepared': [
    'was left half prepared by a run that has ended',
    'Run mode create: it makes the next clone, and begins anew.',
  ],
}

function takenOver({ cluster: { identifier } }: OwnedClone): Failure {
  return new Failure({
    title: 'Clone not published',
    what: `Another run has taken clone "${identifier}" over. Nobody gets its endpoint from this run.`,
    remedy: 'Look at the other run; nothing is to be done in this one.',
  })
}
