import { createHash } from 'node:crypto'

/**
 * What makes one clone that clone. Two runs with equal identities mean the same cluster; a repository that is renamed keeps
 * its identity, because the repository's name is not part of it.
 */
export interface CloneIdentity {
  /** Host of the GitHub server, lower case: keeps enterprise servers that share an AWS account apart. */
  readonly server: string
  readonly repositoryId: string
  /** `pr-42`, or a name of the user's. */
  readonly key: string
  /** `clone-name`: tells several clones of one key apart; empty for none. */
  readonly name: string
  /** Empty for none. */
  readonly generation: string
}

/** Room for `-1` behind it and a little to spare under RDS's limit of 63 (RDS API, CreateDBInstance, DBInstanceIdentifier). */
const MAX_IDENTIFIER_LENGTH = 60
const HASH_LENGTH = 8

/** The end of the identifier, and the marker of the sticky comment: a hash over the whole identity. */
export function identityHash({ server, repositoryId, key, name, generation }: CloneIdentity): string {
  return createHash('sha256')
    .update([server, repositoryId, key, name, generation].join('\n'))
    .digest('hex')
    .slice(0, HASH_LENGTH)
}

/**
 * The deterministic identifier of a clone: `<prefix>-<key>-<repository>[-<name>][-<generation>]-<hash>`, lower case, letters,
 * digits and single hyphens, at most 60 characters. IAM roles are written against `<prefix>-<key>-*`, so prefix and key are
 * never cut; the repository's name is for people and gives way first. What is cut away still counts, through the hash.
 */
export function cloneIdentifier({
  prefix,
  repository,
  identity,
}: {
  readonly prefix: string
  readonly repository: string
  readonly identity: CloneIdentity
}): string {
  const head = `${prefix}-${slug(identity.key)}`
  const hash = identityHash(identity)
  const room = MAX_IDENTIFIER_LENGTH - head.length - hash.length - 2
  const tail = [slug(identity.name), slug(identity.generation)].filter((part) => part !== '').join('-')
  const roomForRepository = room - (tail === '' ? 0 : tail.length + 1)
  const middle = [cut(slug(repository), roomForRepository), tail].filter((part) => part !== '').join('-')
  return [head, cut(middle, room), hash].filter((part) => part !== '').join('-')
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
  const match = /^pr-([1-9][0-9]*)$/.exec(key)
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
