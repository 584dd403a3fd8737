import { createHash } from 'node:crypto'

/**
 * What makes one clone that clone. Two runs with equal identities mean the same cluster; a repository that is renamed keeps
 * its identity, because the repository's name is not part of it.
 */
export interface CloneIdentity {
  /** Host of the GitHub server, lower case: keeps enterprise servers that share an AWS account apart. */
  readonly server: string
  readonly repositoryId: string
  /** `identifier-prefix` of the run that made the clone. */
  readonly prefix: string
  /** `pr-42`, or a name of the user's. */
  readonly key: string
  /** `clone-name`: tells several clones of one key apart; empty for none. */
  readonly name: string
  /** Empty for none. */
  readonly generation: string
}

/** The clones that a run asks about. The prefix is left out: a run finds its clones under every prefix. */
export type AskedIdentity = Partial<CloneIdentity>

/** Schema of identifiers and ownership tags: part of the hash, so that another schema can never be read as this one. */
export const IDENTITY_VERSION = '1'

export const MAX_PREFIX_LENGTH = 16
export const MAX_KEY_LENGTH = 24
export const MAX_NAME_LENGTH = 16

/** A word that becomes part of identifiers: letters and digits with single hyphens between them. */
export const WORD = /^[a-z0-9]+(?:-[a-z0-9]+)*$/
/** One word without a hyphen: what stands before the first hyphen of an identifier is its prefix, and nothing else can be. */
export const PREFIX = /^[a-z][a-z0-9]*$/

const SERVER = /^[a-z0-9](?:[a-z0-9.:-]*[a-z0-9])?$/
const REPOSITORY_ID = /^[1-9][0-9]{0,19}$/
const PULL_REQUEST_KEY = /^pr-([1-9][0-9]{0,9})$/
const MAX_SERVER_LENGTH = 255

/** `pr-…` belongs to pull requests: IAM roles are written against `<prefix>-pr-*`. */
export function looksLikePullRequest(key: string): boolean {
  return key === 'pr' || key.startsWith('pr-')
}

/** Whether each part has the form that the inputs allow. Tags are claims: what no run of this action writes is none of its own. */
export function isWellFormed({
  server,
  repositoryId,
  prefix,
  key,
  name,
  generation,
}: CloneIdentity): boolean {
  return (
    isServer(server) &&
    REPOSITORY_ID.test(repositoryId) &&
    prefix.length <= MAX_PREFIX_LENGTH &&
    PREFIX.test(prefix) &&
    (PULL_REQUEST_KEY.test(key) || (isName(key, MAX_KEY_LENGTH) && !looksLikePullRequest(key))) &&
    (name === '' || isName(name, MAX_NAME_LENGTH)) &&
    (generation === '' || isName(generation, MAX_NAME_LENGTH))
  )
}

/** Whether a GitHub server can stand in tags: by its host, in lower case, without the brackets of an IPv6 address. */
export function isServer(host: string): boolean {
  return host.length <= MAX_SERVER_LENGTH && SERVER.test(host)
}

function isName(text: string, maxLength: number): boolean {
  return text.length <= maxLength && WORD.test(text)
}

const IDENTITY_PARTS = ['server', 'repositoryId', 'prefix', 'key', 'name', 'generation'] as const

/** Whether an identity is one of those that are asked about: parts that are not named may be anything. */
export function isAskedFor(identity: CloneIdentity, asked: AskedIdentity): boolean {
  return IDENTITY_PARTS.every((part) => asked[part] === undefined || identity[part] === asked[part])
}

/** Room for `-1` behind it and a little to spare under RDS's limit of 63 (RDS API, CreateDBInstance, DBInstanceIdentifier). */
const MAX_IDENTIFIER_LENGTH = 60
/** 64 bits: too many to search for a second text with the same hash. */
const HASH_LENGTH = 16

/** The end of the identifier, and the marker of the sticky comment: a hash over the whole identity. */
export function identityHash({ server, repositoryId, prefix, key, name, generation }: CloneIdentity): string {
  return createHash('sha256')
    .update([IDENTITY_VERSION, server, repositoryId, prefix, key, name, generation].join('\n'))
    .digest('hex')
    .slice(0, HASH_LENGTH)
}

/**
 * The deterministic identifier of a clone: `<prefix>-<key>-<repository>[-<name>][-<generation>]-<hash>`, lower case, letters,
 * digits and single hyphens, at most 60 characters. IAM roles are written against `<prefix>-<key>-*`, so prefix and key are
 * never cut; the repository's name is for people and gives way first. What is cut away still counts, through the hash.
 */
export function cloneIdentifier({
  repository,
  identity,
}: {
  readonly repository: string
  readonly identity: CloneIdentity
}): string {
  const head = `${identity.prefix}-${identity.key}`
  const hash = identityHash(identity)
  const room = MAX_IDENTIFIER_LENGTH - head.length - hash.length - 2
  const tail = [identity.name, identity.generation].filter((part) => part !== '').join('-')
  const roomForRepository = room - (tail === '' ? 0 : tail.length + 1)
  const middle = [cut(slug(repository), roomForRepository), tail].filter((part) => part !== '').join('-')
  return [head, cut(middle, room), hash].filter((part) => part !== '').join('-')
}

/** Whether an identifier is one that this action makes for an identity, whatever the repository was called at the time. */
export function isIdentifierOf(identifier: string, identity: CloneIdentity): boolean {
  return (
    identifier.startsWith(`${identity.prefix}-${identity.key}-`) &&
    identifier.endsWith(`-${identityHash(identity)}`)
  )
}

/** The writer that this action makes for a clone. */
export function writerIdentifier(clusterIdentifier: string): string {
  return `${clusterIdentifier}-1`
}

export function pullRequestKey(number: number): string {
  return `pr-${number}`
}

/** The number in `pr-42`, for keys that belong to a pull request. */
export function pullRequestNumber(key: string): number | undefined {
  const match = PULL_REQUEST_KEY.exec(key)
  return match === null ? undefined : Number(match[1])
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
}

function cut(text: string, length: number): string {
  return text.slice(0, Math.max(0, length)).replace(/-$/, '')
}
