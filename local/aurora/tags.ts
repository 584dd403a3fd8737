import type {
  AddTagsToResourceMessage,
  ListTagsForResourceMessage,
  RemoveTagsFromResourceMessage,
  Tag,
  TagListMessage,
} from '@aws-sdk/client-rds'
import { invalidValue } from './aws-fault.ts'
import { parseArn } from './identifiers.ts'
import { rdsFault } from './protocol/model.ts'
import { findCluster, findInstance, putCluster, putInstance } from './moment.ts'
import type { Moment } from './moment.ts'
import type { ClusterRecord, InstanceRecord, Tags } from './records.ts'

const MAX_TAGS = 50
const ALPHABET = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
const RESERVED = /^(aws|rds):/i

/** [aurora §3] */
function checkTag({ Key: key = '', Value: value = '' }: Tag): void {
  if (key.length < 1 || key.length > 128) {
    throw invalidValue(`Tag keys must be between 1 and 128 characters long: '${key}'.`)
  }
  if (value.length > 256) throw invalidValue(`Tag value of '${key}' must be at most 256 characters long.`)
  if (RESERVED.test(key)) throw invalidValue(`Tag keys must not begin with aws: or rds: : '${key}'.`)
  for (const text of [key, value]) {
    if (!ALPHABET.test(text)) {
      throw invalidValue(
        `Tags may only contain unicode letters, digits, white space, '_', '.', ':', '/', '=', '+', '-', '@': '${text}'.`,
      )
    }
  }
}

/** The tags that a request sets, on top of those that are there already; the same key is overwritten. [aurora §3] */
export function withTags(present: Tags, requested: readonly Tag[]): Tags {
  requested.forEach(checkTag)
  const tags = {
    ...present,
    ...Object.fromEntries(requested.map(({ Key = '', Value = '' }) => [Key, Value])),
  }
  if (Object.keys(tags).length > MAX_TAGS) {
    throw invalidValue(`The number of tags exceeds the limit of ${MAX_TAGS} tags per resource.`)
  }
  return tags
}

export const tagList = (tags: Tags): Tag[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))

/** A cluster or an instance, as far as tags go. */
interface Tagged {
  readonly tags: Tags
  readonly put: (tags: Tags) => void
}

function retagged<Kind extends ClusterRecord | InstanceRecord>(
  moment: Moment,
  record: Kind,
  tags: Tags,
): Kind {
  const former = { tags: record.tags, until: moment.now }
  return { ...record, tags, formerTags: [...(record.formerTags ?? []), former] }
}

/** The tags of a resource that count for access control by now. Of what has none, or is not there, there are none. */
export function tagsForAccess(moment: Moment, arn: string): Tags {
  const { kind, name } = parseArn(arn) ?? {}
  const record =
    name === undefined
      ? undefined
      : kind === 'cluster'
        ? findCluster(moment, name)
        : kind === 'db'
          ? findInstance(moment, name)
          : undefined
  const at = moment.now - moment.behaviour.tagsCountForAccessAfterMs
  if (record === undefined || record.createdAt > at) return {}
  return record.formerTags?.find(({ until }) => until > at)?.tags ?? record.tags
}

function taggedBy(moment: Moment, resourceName: string): Tagged {
  const arn = parseArn(resourceName)
  if (arn?.region !== moment.state.name || arn.accountId !== moment.state.accountId) {
    throw invalidValue(`Invalid resource name: ${resourceName}`)
  }
  switch (arn.kind) {
    case 'cluster': {
      const cluster = findCluster(moment, arn.name)
      if (cluster === undefined) throw rdsFault('DBClusterNotFoundFault', `DBCluster ${arn.name} not found.`)
      return { tags: cluster.tags, put: (tags) => putCluster(moment, retagged(moment, cluster, tags)) }
    }
    case 'db': {
      const instance = findInstance(moment, arn.name)
      if (instance === undefined)
        throw rdsFault('DBInstanceNotFoundFault', `DBInstance ${arn.name} not found.`)
      return { tags: instance.tags, put: (tags) => putInstance(moment, retagged(moment, instance, tags)) }
    }
    default:
      throw invalidValue(`Invalid resource name: ${resourceName}`)
  }
}

export function addTagsToResource(input: AddTagsToResourceMessage, moment: Moment): object {
  const resource = taggedBy(moment, input.ResourceName ?? '')
  resource.put(withTags(resource.tags, input.Tags ?? []))
  return {}
}

export function removeTagsFromResource(input: RemoveTagsFromResourceMessage, moment: Moment): object {
  const resource = taggedBy(moment, input.ResourceName ?? '')
  const removed = new Set(input.TagKeys)
  resource.put(Object.fromEntries(Object.entries(resource.tags).filter(([key]) => !removed.has(key))))
  return {}
}

export function listTagsForResource(input: ListTagsForResourceMessage, moment: Moment): TagListMessage {
  return { TagList: tagList(taggedBy(moment, input.ResourceName ?? '').tags) }
}
