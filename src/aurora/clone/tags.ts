import { MAX_TAG_VALUE_LENGTH, holdEndMs } from '../tag-value.ts'
import { type CloneIdentity, IDENTITY_VERSION } from './identity.ts'

/** Tags of one resource. `undefined` in a snapshot means that AWS did not show them: unknown, which is never "none". */
export type Tags = Readonly<Record<string, string>>

/** Tag keys on clusters and instances. The first group is ownership: every one of them is checked before a deletion. */
export const TAG = {
  version: 'aurora-clone:version',
  /** The cluster's own identifier: AWS copies tags to clones of clones, and a copy names somebody else. */
  cluster: 'aurora-clone:cluster',
  server: 'aurora-clone:server',
  repositoryId: 'aurora-clone:repository-id',
  prefix: 'aurora-clone:prefix',
  key: 'aurora-clone:key',
  name: 'aurora-clone:name',
  generation: 'aurora-clone:generation',

  repository: 'aurora-clone:repository',
  source: 'aurora-clone:source',
  /** Immutable: it still matches after the source cluster was renamed. */
  sourceResourceId: 'aurora-clone:source-resource-id',
  sourceKey: 'aurora-clone:source-key',
  label: 'aurora-clone:label',
  createdAt: 'aurora-clone:created-at',
  dataAsOf: 'aurora-clone:data-as-of',
  expiresAt: 'aurora-clone:expires-at',
  readyAt: 'aurora-clone:ready-at',
  hold: 'aurora-clone:hold',
  /** The writer's shape: a later run that has to make the writer needs no shape inputs. */
  instanceClass: 'aurora-clone:instance-class',
  parameterGroup: 'aurora-clone:db-parameter-group',
  /** Digest of all shape inputs that the clone was ordered with. */
  shape: 'aurora-clone:shape',
} as const

export const TAG_PREFIX = 'aurora-clone:'

/** RDS documents tag values of 1 to 256 characters (RDS API, Tag): an empty part of the identity is written as this. */
const NONE = '-'

export function ownershipTags(identity: CloneIdentity, clusterIdentifier: string): Tags {
  return {
    [TAG.version]: IDENTITY_VERSION,
    [TAG.cluster]: clusterIdentifier,
    [TAG.server]: identity.server,
    [TAG.repositoryId]: identity.repositoryId,
    [TAG.prefix]: identity.prefix,
    [TAG.key]: identity.key,
    [TAG.name]: identity.name === '' ? NONE : identity.name,
    [TAG.generation]: identity.generation === '' ? NONE : identity.generation,
  }
}

/** Labels in tags are lower case (see canonicalLabel): this is none of them, and tags can be replaced but not removed. */
const NO_LABEL = 'NONE'

/** The tag of a clone that is wanted whatever labels its pull request has. */
export const WITHOUT_LABEL: Tags = { [TAG.label]: NO_LABEL }

/** The label that a clone was made for, as it stands in its tag; `undefined` for none. */
export function labelOf(tags: Tags): string | undefined {
  const label = tags[TAG.label]
  return label === NO_LABEL ? undefined : label
}

/** The identity that a cluster's tags claim, or `undefined` where a part of it is missing. A claim only: see ownership.ts. */
export function claimedIdentity(tags: Tags): CloneIdentity | undefined {
  const { server, repositoryId, prefix, key, name, generation } = TAG
  const claims = [server, repositoryId, prefix, key, name, generation].map((tag) => tags[tag])
  if (claims.includes(undefined)) return undefined
  const claimed = (tag: string): string => tags[tag] ?? ''
  const orNone = (value: string): string => (value === NONE ? '' : value)
  return {
    server: claimed(server),
    repositoryId: claimed(repositoryId),
    prefix: claimed(prefix),
    key: claimed(key),
    name: orNone(claimed(name)),
    generation: orNone(claimed(generation)),
  }
}

/** Why AWS would refuse this tag of the user's, or `undefined` when it would not (RDS API, Tag; Aurora user guide, tagging). */
export function tagProblem(key: string, value: string): string | undefined {
  const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
  if (key.length < 1 || key.length > 128) return `the key has ${key.length} characters, 1 to 128 are allowed`
  if (value.length > MAX_TAG_VALUE_LENGTH)
    return `the value has ${value.length} characters, at most 256 are allowed`
  if (!allowed.test(key) || !allowed.test(value))
    return 'only letters, digits, spaces and _ . : / = + - @ are allowed'
  if (/^(?:aws|rds):/i.test(key)) return 'keys that begin with aws: or rds: belong to AWS'
  if (key.toLowerCase().startsWith(TAG_PREFIX))
    return `keys that begin with ${TAG_PREFIX} belong to this action`
  return undefined
}

/**
 * `true` while a person asked for the clone to be kept: any value but `false`, or a time that has not come yet. At a time that is
 * not known (`UNKNOWN_TIME_MS`), every hold still holds.
 */
export function isHeld(tags: Tags, nowMs: number): boolean {
  const hold = tags[TAG.hold]
  if (hold === undefined || hold.toLowerCase() === 'false') return false
  return (holdEndMs(hold) ?? Infinity) > nowMs
}
