import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { SleepingClock, Work } from '../time/clock.ts'
import type { InjectedFault, StrangeAnswer } from './fault-injection.ts'

// What goes over the wire, as it should and as it should not.

export interface Page {
  readonly httpStatus: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly pace?: 'stall' | 'drip' | undefined
  readonly isDated?: boolean
}

export const ownHeaders = (requestId: string): Page['headers'] => ({
  'content-type': 'text/xml',
  'x-amzn-requestid': requestId,
})

export const strangePage = ({
  httpStatus = 200,
  contentType = 'text/xml',
  headers,
  body,
}: StrangeAnswer): Page => ({
  httpStatus,
  headers: { 'content-type': contentType, ...headers },
  body,
})

/** How long AWS takes for a page of an endless listing: otherwise no time would ever pass. */
export const PAGE_MS = 100

export const isEndless = (injected: InjectedFault | undefined): boolean =>
  injected === 'new-marker' || injected === 'same-marker'

/** An endless listing begins again with each page: the markers that it gave are none of this cloud's. */
export function answeredInput(input: Readonly<Record<string, unknown>>, injected: InjectedFault | undefined) {
  return isEndless(injected) ? { ...input, Marker: undefined } : input
}

export function injectedMarker(injected: InjectedFault | undefined): { readonly Marker?: string } {
  if (!isEndless(injected)) return {}
  return { Marker: injected === 'same-marker' ? 'the-same-again' : randomUUID() }
}

export function twisted(page: Page, injected: InjectedFault | undefined): Page {
  if (injected === 'stall' || injected === 'drip') return { ...page, pace: injected }
  if (injected === 'no-date') return { ...page, isDated: false }
  if (typeof injected === 'object' && 'rewrite' in injected)
    return { ...page, body: injected.rewrite(page.body) }
  return page
}

const DRIP_MS = 1_000

export async function writeBody(
  response: ServerResponse,
  { body, pace }: Page,
  { clock, work }: { readonly clock: SleepingClock; readonly work: Work },
): Promise<void> {
  if (pace === undefined) {
    response.end(body)
    return
  }
  response.flushHeaders()
  if (pace === 'stall') {
    await work.pause(() => new Promise<never>(() => undefined))
    return
  }
  for (const character of body) {
    if (response.destroyed) return
    response.write(character)
    await work.pause(() => clock.sleep(DRIP_MS))
  }
  response.end()
}
