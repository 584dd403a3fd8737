import { invalidValue } from './aws-fault.ts'
import type { Moment } from './moment.ts'

interface PageRequest {
  readonly MaxRecords?: number | undefined
  readonly Marker?: string | undefined
}

interface Listing<Item> {
  readonly items: readonly Item[]
  readonly keyOf: (item: Item) => string
  readonly request: PageRequest
  readonly moment: Moment
}

export interface Page<Item> {
  readonly items: readonly Item[]
  readonly marker: string | undefined
}

/** A marker names the last item of its page, so that what is created or deleted in between shifts nothing. */
const markerAfter = (key: string): string => Buffer.from(key).toString('base64url')

function keyBehind(marker: string): string {
  const key = Buffer.from(marker, 'base64url').toString()
  if (key === '' || markerAfter(key) !== marker) throw invalidValue(`Invalid marker: ${marker}`)
  return key
}

/** 20–100 a page, 100 where nothing is said. [aurora §4.5] */
function pageSize({ MaxRecords: maxRecords = 100 }: PageRequest): number {
  if (!Number.isInteger(maxRecords) || maxRecords < 20 || maxRecords > 100) {
    throw invalidValue(`Invalid value ${maxRecords} for MaxRecords. Must be between 20 and 100`)
  }
  return maxRecords
}

export function page<Item>({ items, keyOf, request, moment }: Listing<Item>): Page<Item> {
  const size = Math.min(pageSize(request), moment.behaviour.pageCap)
  const after = request.Marker === undefined ? '' : keyBehind(request.Marker)
  const rest = items.filter((item) => keyOf(item) > after).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  const taken = rest.slice(0, size)
  const last = taken.at(-1)
  return {
    items: taken,
    marker: last !== undefined && rest.length > size ? markerAfter(keyOf(last)) : undefined,
  }
}
