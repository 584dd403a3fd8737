import { join } from 'node:path'
import {
  AddTagsToResourceCommand,
  CreateDBInstanceCommand,
  ModifyDBClusterCommand,
  RDSClient,
  RestoreDBClusterToPointInTimeCommand,
  StopDBClusterCommand,
} from '@aws-sdk/client-rds'
import { afterAll, afterEach, expect } from '@jest/globals'
import { SimulatedClock } from '../../local/time/simulated-clock.ts'
import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from '../../local/cloud.ts'
import { inputDefaults } from '../../local/action-metadata.ts'
import { type WorkflowEvent, pullRequestEvent } from '../../local/github/events.ts'
import type { PullRequest, Repository } from '../../local/github/state.ts'
import { type RunningStep, type StepOptions, type StepResult, startStep } from '../../local/runner/step.ts'
import { playInProcess } from './in-process.ts'
import { type Place, type RoleNamed, Roles, roleOf } from './roles.ts'
import { ON_SIMULATED_TIME } from '../../local/time/node-flags.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** Set by jest.config.js, for processes with an environment of their own. */
export const COMPILE_CACHE = { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '' }
/** Real time, of which even a busy machine needs less. */
export const STEP_LIMIT_MS = 120_000
/** Longer than the runner's own: whether a run leaves in time is a matter of its clock, and not of this machine. */
export const CANCEL_GRACE_MS = { interrupt: 60_000, terminate: 20_000 }
const DEFAULTS = inputDefaults(join(ROOT, 'action.yml'))

export const SOURCE = 'orders'
export const REPOSITORY_ID = 4_200
export const LABEL = 'clone-db'
/** Access key of whoever works in the console. */
const BY_HAND = 'AKIABYHAND0000000001'

export interface WorldOptions extends Omit<LocalCloudOptions, 'clock'> {
  /** Other roles than those of policies/. */
  readonly roleNamed?: RoleNamed
  readonly repositoryName?: string
  readonly isPrivate?: boolean
  readonly labels?: readonly string[]
  readonly headRepository?: 'same' | 'fork' | null
  readonly author?: string
  readonly permissions?: Parameters<LocalCloud['github']['token']>[0]['permissions']
  /** The source cluster is seeded by the test itself. */
  readonly withoutSource?: boolean
  /** The sources run in this process, ten times as fast as a child, but one at a time: for tables that the bundle plays in part. */
  readonly inProcess?: boolean
  /** It outlasts the test: the tests of the file share it. */
  readonly isShared?: boolean
  /** Steps may do everything with AWS, and not only what the roles of policies/ may. */
  readonly withoutRoles?: boolean
}

export interface PlayOptions {
  readonly event?: WorkflowEvent
  readonly env?: Readonly<Record<string, string>>
  readonly token?: string
  readonly script?: string
  readonly secrets?: readonly string[]
  readonly cancelGraceMs?: NonNullable<StepOptions['cancelGraceMs']>
  /** Unlike the other runs of its world. */
  readonly inProcess?: boolean
}

/** For runs whose process does not matter, such as what has happened before: ten times as fast as a child, but one at a time. */
export const IN_PROCESS = { inProcess: true }

/**
 * One team's world: an AWS account with a source cluster that nobody may touch, a repository with pull request 42, and the
 * action. When the test ends, every world asserts what must be true in all of them.
 */
export class World {
  readonly cloud: LocalCloud
  readonly clock: SimulatedClock
  readonly repository: Repository
  readonly pull: PullRequest
  readonly token: string
  /** What is to end before the cloud does. */
  readonly atEnd: (() => Promise<unknown>)[] = []
  readonly roles: Roles
  readonly #foreign = new Set<string>()
  readonly #withoutRoles: boolean
  /** Steps that start from now on run in this process. */
  inProcess: boolean

  constructor(
    cloud: LocalCloud,
    { clock, roles, ...options }: WorldOptions & { readonly clock: SimulatedClock; readonly roles: Roles },
  ) {
    this.cloud = cloud
    this.clock = clock
    this.roles = roles
    this.#withoutRoles = options.withoutRoles ?? false
    this.inProcess = options.inProcess ?? false
    this.repository = cloud.github.repository({
      owner: 'acme',
      name: options.repositoryName ?? 'shop',
      id: REPOSITORY_ID,
      private: options.isPrivate ?? true,
    })
    this.pull = this.repository.pullRequest({
      number: 42,
      labels: options.labels ?? [LABEL],
      ...(options.headRepository === undefined ? {} : { headRepository: options.headRepository }),
      ...(options.author === undefined ? {} : { author: options.author }),
    })
    this.token = cloud.github.token({
      login: 'github-actions[bot]',
      type: 'Bot',
      permissions: options.permissions ?? { contents: 'read', 'pull-requests': 'write' },
    })
    if (options.withoutSource !== true) this.seedForeign({ identifier: SOURCE, databaseName: 'shop' })
  }

  /** A cluster that is not the action's: a call that would change it fails the test, whatever else happens. */
  seedForeign(seed: Parameters<LocalCloud['region']['seedCluster']>[0]): void {
    this.cloud.region.seedCluster(seed)
    this.#foreign.add(seed.identifier)
  }

  labeled(): WorkflowEvent {
    return pullRequestEvent(this.cloud.github, { pullRequest: this.pull, action: 'labeled', label: LABEL })
  }

  synchronize(): WorkflowEvent {
    const { before, after } = this.pull.push()
    return pullRequestEvent(this.cloud.github, {
      pullRequest: this.pull,
      action: 'synchronize',
      before,
      after,
    })
  }

  /** Closes the pull request and gives the event of it. */
  close({ merged = true }: { readonly merged?: boolean } = {}): WorkflowEvent {
    this.pull.close({ merged })
    return this.closed()
  }

  closed(): WorkflowEvent {
    return pullRequestEvent(this.cloud.github, { pullRequest: this.pull, action: 'closed' })
  }

  unlabel(): WorkflowEvent {
    this.pull.removeLabel(LABEL)
    return pullRequestEvent(this.cloud.github, { pullRequest: this.pull, action: 'unlabeled', label: LABEL })
  }

  start(inputs: Readonly<Record<string, string>>, options: PlayOptions = {}): RunningStep {
    const { clock, environment, github } = this.cloud
    const { env, event, token, script, inProcess = this.inProcess, ...rest } = options
    const happened = event ?? this.labeled()
    return startStep({
      script: script ?? join(ROOT, 'dist', 'index.js'),
      event: happened,
      github,
      token: token ?? this.token,
      inputDefaults: DEFAULTS,
      inputs,
      env: { ...COMPILE_CACHE, ...environment, ...this.#credentials(inputs, happened), ...env },
      clock,
      nodeFlags: ON_SIMULATED_TIME,
      timeoutMs: STEP_LIMIT_MS,
      cancelGraceMs: CANCEL_GRACE_MS,
      ...(inProcess ? { inProcess: playInProcess(this.clock) } : {}),
      ...rest,
    })
  }

  /** Of the role that such a step has. */
  #credentials(
    inputs: Readonly<Record<string, string>>,
    { repository }: WorkflowEvent,
  ): Readonly<Record<string, string>> {
    if (this.#withoutRoles) return {}
    const source = inputs['source-cluster'] ?? ''
    const place = {
      ...this.place(this.#foreign.has(source) ? [source] : [SOURCE]),
      repositoryId: repository.id,
    }
    return { AWS_ACCESS_KEY_ID: this.roles.accessKeyFor(roleOf(inputs, place)) }
  }

  /** Where this world's roles are, and which clusters they may clone. */
  place(sources: readonly string[]): Place {
    const { aws, region } = this.cloud
    return { region: region.name, accountId: aws.accountId, sources }
  }

  async play(inputs: Readonly<Record<string, string>>, options: PlayOptions = {}): Promise<StepResult> {
    return await this.start(inputs, options).result
  }

  async create(
    inputs: Readonly<Record<string, string>> = {},
    options: PlayOptions = {},
  ): Promise<StepResult> {
    return await this.play({ mode: 'create', 'source-cluster': SOURCE, label: LABEL, ...inputs }, options)
  }

  async wait(inputs: Readonly<Record<string, string>> = {}, options: PlayOptions = {}): Promise<StepResult> {
    return await this.play({ mode: 'wait', ...inputs }, options)
  }

  async destroy(
    inputs: Readonly<Record<string, string>> = {},
    options: PlayOptions = {},
  ): Promise<StepResult> {
    return await this.play({ mode: 'destroy', ...inputs }, options)
  }

  /** What a person does in the console: it goes through AWS, but is none of the action's calls. */
  async tagByHand(cluster: string, tags: Readonly<Record<string, string>>): Promise<void> {
    const ResourceName = this.cloud.region.cluster(cluster)?.arn
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
    await this.#byHand().send(new AddTagsToResourceCommand({ ResourceName, Tags }))
  }

  async stopByHand(cluster: string): Promise<void> {
    await this.#byHand().send(new StopDBClusterCommand({ DBClusterIdentifier: cluster }))
    await this.until(() => this.cloud.region.cluster(cluster)?.status === 'stopped')
  }

  async protectByHand(cluster: string): Promise<void> {
    await this.#byHand().send(
      new ModifyDBClusterCommand({
        DBClusterIdentifier: cluster,
        DeletionProtection: true,
        ApplyImmediately: true,
      }),
    )
  }

  /** The password in the secret is another one from then on. */
  async rotateByHand(cluster: string): Promise<void> {
    const request = { DBClusterIdentifier: cluster, RotateMasterUserPassword: true, ApplyImmediately: true }
    await this.#byHand().send(new ModifyDBClusterCommand(request))
  }

  async renameByHand(cluster: string, newName: string): Promise<void> {
    this.#foreign.add(newName)
    await this.#byHand().send(
      new ModifyDBClusterCommand({
        DBClusterIdentifier: cluster,
        NewDBClusterIdentifier: newName,
        ApplyImmediately: true,
      }),
    )
    await this.clock.sleep(QUICK.modifyingMs)
  }

  /** Resolves when something has come about; fails the test after a day. */
  async until(condition: () => boolean): Promise<void> {
    const deadline = this.clock.now() + 24 * 3_600_000
    while (!condition()) {
      if (this.clock.now() > deadline) throw new Error('waited for a day in vain')
      await this.clock.sleep(1_000)
    }
  }

  /** A clone of a clone without tags of its own: AWS copies those of its source. */
  async cloneByHand(source: string, identifier: string): Promise<void> {
    this.#foreign.add(identifier)
    await this.#byHand().send(
      new RestoreDBClusterToPointInTimeCommand({
        DBClusterIdentifier: identifier,
        SourceDBClusterIdentifier: source,
        RestoreType: 'copy-on-write',
        UseLatestRestorableTime: true,
      }),
    )
    await this.cloud.clock.sleep(60_000)
  }

  async addInstanceByHand(cluster: string): Promise<void> {
    await this.#byHand().send(
      new CreateDBInstanceCommand({
        DBInstanceIdentifier: `${cluster}-by-hand`,
        DBClusterIdentifier: cluster,
        DBInstanceClass: 'db.r6g.large',
        Engine: this.cloud.region.cluster(cluster)?.engine,
      }),
    )
    await this.until(() => this.cloud.region.instance(`${cluster}-by-hand`)?.status === 'available')
    await this.cloud.databases?.settle()
  }

  #byHand(): RDSClient {
    return new RDSClient({
      region: this.cloud.region.name,
      endpoint: this.cloud.aws.url,
      credentials: { accessKeyId: BY_HAND, secretAccessKey: 'by-hand' },
    })
  }

  /** Requests of the action alone. */
  #requests() {
    return this.cloud.aws.requests.filter(({ accessKeyId }) => accessKeyId !== BY_HAND)
  }

  /** Operations that arrived at AWS, in order, such as `rds:DescribeDBClusters`. */
  calls(): readonly string[] {
    return this.#requests().map(({ operation }) => operation)
  }

  mutations(): readonly string[] {
    return this.#requests()
      .filter(({ mutating }) => mutating)
      .map(({ operation }) => operation)
  }

  isForeign(cluster: string | undefined): boolean {
    return cluster !== undefined && this.#foreign.has(cluster)
  }

  /** Clusters that are there, but for the foreign ones. */
  clones() {
    return this.cloud.region.clusters().filter(({ identifier }) => !this.isForeign(identifier))
  }

  /** The only clone, but for former ones that are being deleted; fails the test when there is none or more than one. */
  clone() {
    const all = this.clones()
    const clones = all.length > 1 ? all.filter(({ status }) => status !== 'deleting') : all
    expect(clones).toHaveLength(1)
    const [clone] = clones
    if (clone === undefined) throw new Error('no clone')
    return clone
  }

  comment(): string {
    const comments = this.pull.comments()
    expect(comments).toHaveLength(1)
    return comments[0]?.body ?? ''
  }

  /** What must hold in every scenario, whatever it is about. */
  assertNothingForeignTouched(): void {
    const touched = this.#requests()
      .filter(({ mutating }) => mutating)
      .flatMap(({ operation, clusters }) =>
        clusters.filter((name) => this.#foreign.has(name)).map((name) => `${operation} ${name}`),
      )
    expect(touched).toEqual([])
  }
}

const open: World[] = []
const shared: World[] = []

export async function aWorld(options: WorldOptions = {}): Promise<World> {
  const roles = new Roles(options.roleNamed)
  const clock = new SimulatedClock()
  const cloud = await startLocalCloud({
    clock,
    policiesOf: roles.policiesOf,
    ...options,
    behaviour: { ...QUICK, ...options.behaviour },
  })
  const world = new World(cloud, { ...options, clock, roles })
  ;(options.isShared === true ? shared : open).push(world)
  return world
}

let rows = 0

/** For long tables: the first row of a file and every fifteenth after it play the bundle, the others the sources in this process. */
export function tableRow(): { readonly inProcess: boolean } {
  rows += 1
  return { inProcess: rows % 15 !== 1 }
}

export async function aTableWorld(options: WorldOptions = {}): Promise<World> {
  return await aWorld({ ...tableRow(), ...options })
}

/** Minutes of AWS are no use to most tests. */
const QUICK = {
  clusterCreatingMs: 8_000,
  instanceCreatingMs: 8_000,
  instanceStatusPath: [],
  deletingMs: 8_000,
  startingMs: 8_000,
  modifyingMs: 5_000,
} as const

afterEach(async () => {
  await end(open.splice(0))
})

afterAll(async () => {
  await end(shared.splice(0))
})

async function end(worlds: readonly World[]): Promise<void> {
  await Promise.all(worlds.flatMap(({ atEnd }) => atEnd.map((act) => act())))
  try {
    for (const world of worlds) world.assertNothingForeignTouched()
  } finally {
    await Promise.all(worlds.map(({ cloud }) => cloud.close()))
  }
}
