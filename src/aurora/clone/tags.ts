import type { Tag } from '@aws-sdk/client-rds'
import { type Hold, MAX_TAG_VALUE_LENGTH, holdOf, timeMs } from '../../tag-value.ts'
import type { Tags } from '../api/snapshot.ts'
import { type CloneIdentity, FIRST_INCARNATION, IDENTITY_VERSION } from './identity.ts'
import { type Preparation, preparationOf } from './preparation.ts'
import { type ResetRequests, chosenMomentOf, resetRequestsOf } from './reset-requests.ts'

/** Tag keys on clusters and instances. The first group proves ownership: each of them is checked before a deletion. */
export const TAG = {
  version: 'aurora-clone:version',
  /** The cluster's own identifier. AWS copies tags to clones of clones, and a copy names another cluster. */
  cluster: 'aurora-clone:cluster',
  server: 'aurora-clone:server',
  repositoryId: 'aurora-clone:repository-id',
  prefix: 'aurora-clone:prefix',
  key: 'aurora-clone:key',
  name: 'aurora-clone:name',
  generation: 'aurora-clone:generation',
  incarnation: 'aurora-clone:incarnation',

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
  /** A run that did not wait has given out the endpoint. */
  handedOutAt: 'aurora-clone:handed-out-at',
  hold: 'aurora-clone:hold',
  /** The writer's shape, so that a later run can make the writer without shape inputs. */
  instanceClass: 'aurora-clone:instance-class',
  parameterGroup: 'aurora-clone:db-parameter-group',
  /** `managed`: AWS keeps a master password of the clone's own. */
  credentials: 'aurora-clone:credentials',
  /** How far a clone is that must be prepared before anybody gets its endpoint (see preparation.ts). */
  sanitised: 'aurora-clone:sanitised',
  /** Digest of the inputs that only a new cluster can change. */
  shape: 'aurora-clone:shape',
  /** The requests for fresh data that it has met (see reset-requests.ts). */
  resets: 'aurora-clone:resets',
  /** Those that a run has begun to meet by going back. */
  resetting: 'aurora-clone:resetting',
  /** It was made to take the place of all incarnations up to this number. */
  replaces: 'aurora-clone:replaces',
} as const

const TAG_PREFIX = 'aurora-clone:'

/** Written for nothing, and for the first incarnation, since tag values have 1 to 256 characters (RDS API, Tag). */
export const NONE = '-'

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
    [TAG.incarnation]: identity.incarnation === FIRST_INCARNATION ? NONE : String(identity.incarnation),
  }
}

export const MANAGED = 'managed'

/** Clears the label, since this action removes no tags. Labels in tags are lower case (see canonicalLabel), so none equals it. */
const NO_LABEL = 'NONE'

/** The tag of a clone that is wanted whatever labels its pull request has. */
export const WITHOUT_LABEL: Tags = { [TAG.label]: NO_LABEL }

/** The parsed tags of a clone, without its identity. */
export interface CloneTags {
  /** A run has published it when it was ready. */
  readonly hasBeenReady: boolean
  /** When that was, by AWS's time; `undefined` where the tag does not tell. */
  readonly readyAtMs: number | undefined
  /** A run has published its endpoint, ready or not, so it may be in use. */
  readonly isHandedOut: boolean
  /** AWS's time; `undefined` where the tag is missing or unreadable. */
  readonly expiresAtMs: number | undefined
  /** The label that the clone was made for, in its canonical form; `undefined` for none. */
  readonly label: string | undefined
  readonly hold: Hold
  /** It gets a master password of its own before it is ready. */
  readonly hasOwnCredentials: boolean
  readonly preparation: Preparation
  readonly shape: string | undefined
  readonly resets: ResetRequests
  readonly resetting: ResetRequests
  /** The moment that these go back to; `undefined`: when it was published. */
  readonly resettingToMs: number | undefined
  /** The last incarnation that it was made to replace; 0 for none. */
  readonly replaces: number
  readonly source: CloneSource
  /** `owner/name` at the time when the clone was made. */
  readonly repository: string | undefined
  readonly dataAsOfMs: number | undefined
  readonly instanceClass: string | undefined
  readonly parameterGroup: string | undefined
}

export interface CloneSource {
  readonly name: string | undefined
  readonly resourceId: string | undefined
  /** The `source-key` that it was found by, if the user named no cluster. */
  readonly key: string | undefined
}

export function readTags(tags: Tags): CloneTags {
  const label = tags[TAG.label]
  return {
    hasBeenReady: tags[TAG.readyAt] !== undefined,
    readyAtMs: timeMs(tags[TAG.readyAt]),
    isHandedOut: tags[TAG.readyAt] !== undefined || tags[TAG.handedOutAt] !== undefined,
    expiresAtMs: timeMs(tags[TAG.expiresAt]),
    label: label === NO_LABEL ? undefined : label,
    hold: holdOf(tags[TAG.hold]),
    hasOwnCredentials: tags[TAG.credentials] === MANAGED,
    preparation: preparationOf(tags[TAG.sanitised]),
    shape: tags[TAG.shape],
    resets: resetRequestsOf(tags[TAG.resets]),
    resetting: resetRequestsOf(tags[TAG.resetting]),
    resettingToMs: chosenMomentOf(tags[TAG.resetting]),
    replaces: /^[1-9]\d{0,3}$/.test(tags[TAG.replaces] ?? '') ? Number(tags[TAG.replaces]) : 0,
    source: { name: tags[TAG.source], resourceId: tags[TAG.sourceResourceId], key: tags[TAG.sourceKey] },
    repository: tags[TAG.repository],
    dataAsOfMs: timeMs(tags[TAG.dataAsOf]),
    instanceClass: tags[TAG.instanceClass],
    parameterGroup: tags[TAG.parameterGroup] === NONE ? undefined : tags[TAG.parameterGroup],
  }
}

/** Whether a tag belongs to this action. */
export function isOwnTag(key: string): boolean {
  return key.toLowerCase().startsWith(TAG_PREFIX)
}

/** Tags as the calls of AWS take them. */
export function tagList(tags: Tags): (Tag & { Key: string })[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

/** The identity that a cluster's tags claim; `undefined` if a part is missing. Only a claim: see ownership.ts. */
export function claimedIdentity(tags: Tags): CloneIdentity | undefined {
  const { server, repositoryId, prefix, key, name, generation, incarnation } = TAG
  const claims = [server, repositoryId, prefix, key, name, generation, incarnation].map((tag) => tags[tag])
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
    incarnation: claimed(incarnation) === NONE ? FIRST_INCARNATION : Number(claimed(incarnation)),
  }
}

/** Why AWS would refuse the user's tag, or `undefined` (RDS API, Tag; Aurora user guide, tagging). */
export function tagProblem(key: string, value: string): string | undefined {
  const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
  if (key.length < 1 || key.length > 128) return `the key has ${key.length} characters, 1 to 128 are allowed`
  if (value.length > MAX_TAG_VALUE_LENGTH)
    return `the value has ${value.length} characters, at most 256 are allowed`
  if (!allowed.test(key) || !allowed.test(value))
    return 'only letters, digits, spaces and _ . : / = + - @ are allowed'
  if (/^(?:aws|rds):/i.test(key)) return 'keys that begin with aws: or rds: belong to AWS'
  if (isOwnTag(key)) return `keys that begin with ${TAG_PREFIX} belong to this action`
  return undefined
}
