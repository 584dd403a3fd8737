import { createHash } from 'node:crypto'

/** Identifies one cluster: equal identities mean the same cluster. The repository's name is no part of it, so renames keep it. */
export interface CloneIdentity {
  /** Host of the GitHub server in lower case: enterprise servers may share an AWS account. */
  readonly server: string
  readonly repositoryId: string
  /** `identifier-prefix` of the run that made the clone. */
  readonly prefix: string
  /** `pr-42`, or the user's own key. */
  readonly key: string
  /** `clone-name`, which tells clones of one key apart; empty for none. */
  readonly name: string
  /** Empty for none. */
  readonly generation: string
  /** From 1. Users see one clone. While AWS deletes its cluster, which takes minutes, the next incarnation is made beside it. */
  readonly incarnation: number
}

export const FIRST_INCARNATION = 1
/** More than a pull request ever needs. */
export const LAST_INCARNATION = 9_999

/** The clones that a run asks about. Runs leave the prefix out, to find their clones under every prefix. */
export type AskedIdentity = Partial<CloneIdentity>

/** Schema of identifiers and ownership tags. It is part of the hash, so another schema is never read as this one. */
export const IDENTITY_VERSION = '1'

export const MAX_PREFIX_LENGTH = 16
export const MAX_KEY_LENGTH = 24
export const MAX_NAME_LENGTH = 16

/** A part of identifiers: letters and digits with single hyphens between them. */
export const WORD = /^[a-z0-9]+(?:-[a-z0-9]+)*$/
/** One word without a hyphen, so the prefix of an identifier always ends at its first hyphen. */
export const PREFIX = /^[a-z][a-z0-9]*$/

const SERVER = /^[a-z0-9](?:[a-z0-9.:-]*[a-z0-9])?$/
const REPOSITORY_ID = /^[1-9][0-9]{0,19}$/
const PULL_REQUEST_KEY = /^pr-([1-9][0-9]{0,9})$/
const MAX_SERVER_LENGTH = 255

/** `pr-…` belongs to pull requests: IAM roles are written against `<prefix>-pr-*`. */
export function looksLikePullRequest(key: string): boolean {
  return key === 'pr' || key.startsWith('pr-')
}

/** Whether each part has the form that the inputs allow. This action writes no other form, so other tags are not its own. */
export function isWellFormed(identity: CloneIdentity): boolean {
  const { server, repositoryId, prefix, key, name, generation, incarnation } = identity
  return (
    isServer(server) &&
    REPOSITORY_ID.test(repositoryId) &&
    prefix.length <= MAX_PREFIX_LENGTH &&
    PREFIX.test(prefix) &&
    (PULL_REQUEST_KEY.test(key) || (isName(key, MAX_KEY_LENGTH) && !looksLikePullRequest(key))) &&
    (name === '' || isName(name, MAX_NAME_LENGTH)) &&
    (generation === '' || isName(generation, MAX_NAME_LENGTH)) &&
    Number.isInteger(incarnation) &&
    incarnation >= FIRST_INCARNATION &&
    incarnation <= LAST_INCARNATION
  )
}

/** Whether a host can name a GitHub server in tags: in lower case, without the brackets of an IPv6 address. */
export function isServer(host: string): boolean {
  return host.length <= MAX_SERVER_LENGTH && SERVER.test(host)
}

function isName(text: string, maxLength: number): boolean {
  return text.length <= maxLength && WORD.test(text)
}

const IDENTITY_PARTS = [
  'server',
  'repositoryId',
  'prefix',
  'key',
  'name',
  'generation',
  'incarnation',
] as const

/** Whether an identity is one that a run asks about. A part that is not asked for may be anything. */
export function isAskedFor(identity: CloneIdentity, asked: AskedIdentity): boolean {
  return IDENTITY_PARTS.every((part) => asked[part] === undefined || identity[part] === asked[part])
}

/** Leaves room for `-1` under RDS's limit of 63 (RDS API, CreateDBInstance, DBInstanceIdentifier). */
const MAX_IDENTIFIER_LENGTH = 60
/** 64 bits: too many to search for a second text with the same hash. */
const HASH_LENGTH = 16

/** A hash of the whole identity, which ends the identifier. The first incarnation adds nothing to it. */
export function identityHash(identity: CloneIdentity): string {
  const { server, repositoryId, prefix, key, name, generation, incarnation } = identity
  const parts = [IDENTITY_VERSION, server, repositoryId, prefix, key, name, generation]
  if (incarnation !== FIRST_INCARNATION) parts.push(String(incarnation))
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, HASH_LENGTH)
}

/** The marker of the sticky comment, which all incarnations share. */
export function commentHash(identity: CloneIdentity): string {
  return identityHash({ ...identity, incarnation: FIRST_INCARNATION })
}

/**
 * The deterministic identifier of a clone: `<prefix>-<key>-<repository>[-<name>][-<generation>]-<hash>`. It has lower case
 * letters, digits and single hyphens, at most 60 characters. IAM roles are written against `<prefix>-<key>-*`, so prefix and
 * key are never cut. The repository's name is for people and is cut first. The hash covers name and generation even where
 * they are cut.
 */
export function cloneIdentifier({
  repository,
  identity,
}: Readonly<{ repository: string; identity: CloneIdentity }>): string {
  const head = `${identity.prefix}-${identity.key}`
  const hash = identityHash(identity)
  const room = MAX_IDENTIFIER_LENGTH - head.length - hash.length - 2
  const tail = hyphenated(identity.name, identity.generation)
  const roomForRepository = room - (tail === '' ? 0 : tail.length + 1)
  const middle = hyphenated(cut(slug(repository), roomForRepository), tail)
  return hyphenated(head, cut(middle, room), hash)
}

/** Whether this action makes this identifier for an identity, whatever name the repository had. */
export function isIdentifierOf(identifier: string, identity: CloneIdentity): boolean {
  return (
    identifier.startsWith(`${identity.prefix}-${identity.key}-`) &&
    identifier.endsWith(`-${identityHash(identity)}`)
  )
}

export function writerIdentifier(clusterIdentifier: string): string {
  return `${clusterIdentifier}-1`
}

export function pullRequestKey(number: number): string {
  return `pr-${number}`
}

/** The number in `pr-42`; `undefined` for other keys. */
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

function hyphenated(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('-')
}

function cut(text: string, length: number): string {
  return text.slice(0, Math.max(0, length)).replace(/-$/, '')
}
