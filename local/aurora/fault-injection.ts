import type { Fault } from './aws-fault.ts'

/** Instead of the answer that was due. */
export type InjectedFault =
  /** Refused with this fault, HTTP status 400 where none is given. */
  | (Omit<Fault, 'httpStatus'> & { readonly httpStatus?: number })
  | 'throttle'
  | 'internal-error'
  /** The connection is reset; the request was never carried out. */
  | 'drop-before'
  /** The request was carried out; the connection is reset in place of the answer. */
  | 'drop-after'
  /** A proxy's page in place of AWS's answer. */
  | 'html-502'
  | StrangeAnswer
  | TwistedAnswer

/** In place of AWS's answer; the request is not carried out. It has a request id only if its headers have one. */
export interface StrangeAnswer {
  readonly body: string
  /** 200 where none is given. */
  readonly httpStatus?: number
  /** XML where none is given. */
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The request is carried out, and its answer goes wrong. */
export type TwistedAnswer =
  /** The headers come, and then nothing. */
  | 'stall'
  /** The body comes a byte each second. */
  | 'drip'
  /** A listing goes on after every page: with a marker that is another each time, or always the same. */
  | 'new-marker'
  | 'same-marker'
  /** The headers lack the time. */
  | 'no-date'
  /** The body becomes another one. */
  | { readonly rewrite: (body: string) => string }

export interface FaultRule {
  /** Requests of every operation where it is left out. */
  readonly operation?: string
  /** Only requests with such an input. */
  readonly when?: (input: Readonly<Record<string, unknown>>) => boolean
  /** For so many requests; for all of them where it is left out. */
  readonly times?: number
  readonly fault: InjectedFault
}

interface ActiveRule {
  readonly rule: FaultRule
  left: number
}

export class FaultInjection {
  #active: ActiveRule[] = []

  /** Returns the way to take the rule back. */
  add(rule: FaultRule): () => void {
    const active: ActiveRule = { rule, left: rule.times ?? Infinity }
    this.#active.push(active)
    return () => {
      this.#active = this.#active.filter((one) => one !== active)
    }
  }

  clear(): void {
    this.#active = []
  }

  /** The fault for this request: that of the oldest rule which matches and is not used up. */
  take(operation: string, input: Readonly<Record<string, unknown>>): InjectedFault | undefined {
    const active = this.#active.find(
      ({ rule, left }) =>
        left > 0 && (rule.operation ?? operation) === operation && (rule.when?.(input) ?? true),
    )
    if (active !== undefined) active.left -= 1
    return active?.rule.fault
  }
}

/** Without one it is a page of something that stands between. */
const PROXY_PAGE: StrangeAnswer = {
  httpStatus: 502,
  contentType: 'text/html',
  body: '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>',
}

export function strangeAnswer(fault: InjectedFault | undefined): StrangeAnswer | undefined {
  if (fault === 'html-502') return PROXY_PAGE
  return typeof fault === 'object' && 'body' in fault ? fault : undefined
}

/** [aurora §12, §2.5] */
export const THROTTLED: Fault = { code: 'Throttling', httpStatus: 400, message: 'Rate exceeded' }

export function faultAnswer(fault: InjectedFault): Fault | undefined {
  if (fault === 'throttle') return THROTTLED
  if (fault === 'internal-error') {
    return {
      code: 'InternalFailure',
      httpStatus: 500,
      message: 'The request processing has failed because of an unknown error, exception or failure.',
    }
  }
  return typeof fault === 'object' && 'code' in fault ? { httpStatus: 400, ...fault } : undefined
}
