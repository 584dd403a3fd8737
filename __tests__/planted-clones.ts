import { type CloneIdentity, cloneIdentifier } from '../src/aurora/clone/identity.ts'
import { TAG, ownershipTags } from '../src/aurora/clone/tags.ts'
import type { ClusterSeed } from '../local/aurora/seeding.ts'

const PREFIX = 'clone'
const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** The clone of pull request 42 of repository 4200, but for `parts`. */
export function identityOf(parts: Partial<CloneIdentity> = {}): CloneIdentity {
  const ours = {
    server: 'github.com',
    repositoryId: '4200',
    prefix: PREFIX,
    key: 'pr-42',
    name: '',
    generation: '',
    incarnation: 1,
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
}

/** A cluster with the tags of a clone, whoever wrote them. It was ready once, and its time is not up. */
export function plantedCluster(nowMs: number, options: Plant): ClusterSeed {
  const { identity: parts, ageMs = DAY_MS, madeLaterMs = 2_000, expiresInMs = DAY_MS, ...rest } = options
  const { label = 'clone-db', tags: replaced, ...seed } = rest
  const identity = identityOf(parts)
  const identifier = options.identifier ?? identifierOf(identity)
  const createdAt = nowMs - ageMs
  const tags = {
    ...ownershipTags(identity, identifier),
    [TAG.repository]: 'acme/shop',
    [TAG.source]: 'orders',
    ...(label === null ? {} : { [TAG.label]: label }),
    [TAG.createdAt]: new Date(createdAt).toISOString(),
    [TAG.expiresAt]: new Date(nowMs + expiresInMs).toISOString(),
    [TAG.readyAt]: new Date(createdAt + 10 * MINUTE_MS).toISOString(),
    ...replaced,
  }
  return { instances: [{ tags }], ...seed, identifier, tags, createdAt: createdAt + madeLaterMs }
}
