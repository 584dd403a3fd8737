import { expect } from '@jest/globals'
import { type CloneIdentity, cloneIdentifier } from '../../src/aurora/identity.ts'
import { TAG, ownershipTags } from '../../src/aurora/tags.ts'
import type { ClusterSeed } from '../../local/aurora/seeding.ts'
import type { StepResult } from '../../local/runner/step.ts'
import { DAY_MS } from './seeded-clones.ts'
import { LABEL, REPOSITORY_ID, SOURCE, type World } from './world.ts'

export const PREFIX = 'clone'
const MINUTE_MS = 60_000

/** The clone of pull request 42 of the world's repository, but for `parts`. */
export function identityOf(parts: Partial<CloneIdentity> = {}): CloneIdentity {
  const ours = {
    server: 'github.com',
    repositoryId: String(REPOSITORY_ID),
    prefix: PREFIX,
    key: 'pr-42',
    name: '',
    generation: '',
  }
  return { ...ours, ...parts }
}

export function identifierOf(identity: CloneIdentity, repository = 'shop'): string {
  return cloneIdentifier({ repository, identity })
}

/** What the identifier of a clone with this identity ends in. */
export function hashOf(identity: CloneIdentity): string {
  return identifierOf(identity).split('-').at(-1) ?? ''
}

export interface Plant extends Omit<ClusterSeed, 'identifier' | 'createdAt' | 'tags'> {
  readonly identity?: Partial<CloneIdentity>
  /** Another than the one that belongs to the identity. */
  readonly identifier?: string
  /** Of the moment in its tag. */
  readonly ageMs?: number
  /** AWS says that it was made so much later than its tag does. */
  readonly madeLaterMs?: number
  readonly expiresInMs?: number
  readonly label?: string | null
  /** In place of what the action would have written. */
  readonly tags?: Readonly<Record<string, string>>
  /** A call of the action's that would change it fails the test. */
  readonly isForeign?: boolean
}

/** A cluster with the tags of a clone, whoever wrote them. It was ready once, and its pull request still wants it. */
export function plant(world: World, options: Plant = {}): string {
  const { identity: parts, ageMs = DAY_MS, madeLaterMs = 2_000, expiresInMs = DAY_MS, ...rest } = options
  const { label = LABEL, tags: replaced, isForeign = false, ...seed } = rest
  const identity = identityOf(parts)
  const identifier = options.identifier ?? identifierOf(identity)
  const now = world.cloud.clock.now()
  const createdAt = now - ageMs
  const tags = {
    ...ownershipTags(identity, identifier),
    [TAG.repository]: world.repository.fullName,
    [TAG.source]: SOURCE,
    ...(label === null ? {} : { [TAG.label]: label }),
    [TAG.createdAt]: new Date(createdAt).toISOString(),
    [TAG.expiresAt]: new Date(now + expiresInMs).toISOString(),
    [TAG.readyAt]: new Date(createdAt + 10 * MINUTE_MS).toISOString(),
    ...replaced,
  }
  const cluster = { instances: [{ tags }], ...seed, identifier, tags, createdAt: createdAt + madeLaterMs }
  if (isForeign) world.seedForeign(cluster)
  else world.cloud.region.seedCluster(cluster)
  return identifier
}

/** Names of what the action asked AWS to delete, clusters and instances, whether or not AWS did. */
export function deletions(world: World): readonly string[] {
  return world.cloud.aws.requests
    .filter(({ operation }) => operation.startsWith('Delete'))
    .map(({ input }) => String(input['DBInstanceIdentifier'] ?? input['DBClusterIdentifier']))
}

/** How every run ends, whatever met it: by itself, and with one error that tells why it failed, or with none. */
export function expectPlainEnd({ timedOut, exitCode, annotations }: StepResult): void {
  expect({
    timedOut,
    exitCode,
    errors: annotations.filter(({ level }) => level === 'error').length,
  }).toEqual({ timedOut: false, exitCode: exitCode === 0 ? 0 : 1, errors: exitCode === 0 ? 0 : 1 })
}

/** Everything that people read of a run, but for the comment. */
export function told({ log, summary, annotations }: StepResult): string {
  return [log, summary, ...annotations.map(({ message }) => message)].join('\n')
}

export const SWEEP = { mode: 'sweep', 'dry-run': 'false' }
