import type { DescribeEventsMessage, Event, EventsMessage, SourceType } from '@aws-sdk/client-rds'
import { invalidCombination, invalidValue } from './aws-fault.ts'
import { page } from './pagination.ts'
import { instanceTimeline } from './moment.ts'
import type { Moment } from './moment.ts'
import type { ClusterRecord, InstanceRecord } from './records.ts'
import type { Timeline } from './timeline.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** [aurora §12] */
const KEPT_FOR_MS = 14 * DAY_MS
const DEFAULT_DURATION_MINUTES = 60

const SOURCE_TYPES: readonly string[] = [
  'db-instance',
  'db-parameter-group',
  'db-security-group',
  'db-snapshot',
  'db-cluster',
  'db-cluster-snapshot',
  'custom-engine-version',
  'db-proxy',
  'blue-green-deployment',
  'db-shard-group',
  'zero-etl',
]

interface Source {
  readonly type: SourceType
  readonly resource: ClusterRecord | InstanceRecord
  readonly timeline: Timeline
}

/** What is gone keeps telling: its events stay for as long as events stay. */
function sources({ state }: Moment): readonly Source[] {
  return [
    ...Array.from(state.clusters.values(), (resource): Source => ({
      type: 'db-cluster',
      resource,
      timeline: resource.timeline,
    })),
    ...Array.from(state.instances.values(), (resource): Source => ({
      type: 'db-instance',
      resource,
      timeline: instanceTimeline(state, resource),
    })),
  ]
}

function eventsOf({ type, resource, timeline }: Source): readonly (Event & { Date: Date })[] {
  return timeline.flatMap(({ from, event }) =>
    event === undefined
      ? []
      : [
          {
            SourceIdentifier: resource.identifier,
            SourceType: type,
            Message: event.message,
            EventCategories: [...event.categories],
            Date: new Date(from),
            SourceArn: resource.arn,
          },
        ],
  )
}

interface Period {
  readonly from: number
  readonly to: number
}

/** The last hour, unless a duration or a period is asked for. */
function period(input: DescribeEventsMessage, now: number): Period {
  const { StartTime: start, EndTime: end, Duration: minutes } = input
  if (minutes !== undefined && (minutes < 0 || minutes * MINUTE_MS > KEPT_FOR_MS)) {
    throw invalidValue(
      `Invalid value ${minutes} for Duration. Must be between 0 and ${KEPT_FOR_MS / MINUTE_MS}.`,
    )
  }
  if (minutes !== undefined && start !== undefined) {
    throw invalidCombination('Duration and StartTime cannot both be specified.')
  }
  const to = end?.getTime() ?? now
  return {
    from: start?.getTime() ?? to - (minutes ?? DEFAULT_DURATION_MINUTES) * MINUTE_MS,
    to: Math.min(to, now),
  }
}

function checkSource({ SourceIdentifier: identifier, SourceType: type }: DescribeEventsMessage): void {
  if (identifier !== undefined && type === undefined) {
    throw invalidCombination('SourceType must be specified with SourceIdentifier.')
  }
  if (type !== undefined && !SOURCE_TYPES.includes(type)) throw invalidValue(`Invalid source type: ${type}`)
}

/** [aurora §12] */
export function describeEvents(input: DescribeEventsMessage, moment: Moment): EventsMessage {
  checkSource(input)
  const { from, to } = period(input, moment.now)
  const identifier = input.SourceIdentifier?.toLowerCase()
  const categories = input.EventCategories ?? []
  const events = sources(moment)
    .filter(({ type }) => input.SourceType === undefined || type === input.SourceType)
    .filter(({ resource }) => identifier === undefined || resource.identifier === identifier)
    .flatMap(eventsOf)
    .filter(
      ({ Date: date }) => date.getTime() >= Math.max(from, moment.now - KEPT_FOR_MS) && date.getTime() <= to,
    )
    .filter(
      (event) => categories.length === 0 || event.EventCategories?.some((one) => categories.includes(one)),
    )
    .toSorted((a, b) => a.Date.getTime() - b.Date.getTime())
    .map((event, position) => ({
      event,
      key: `${event.Date.toISOString()}/${String(position).padStart(6, '0')}`,
    }))
  const { items, marker } = page({ items: events, keyOf: ({ key }) => key, request: input, moment })
  return { Events: items.map(({ event }) => event), Marker: marker }
}
