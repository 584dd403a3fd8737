import { member } from './context.ts'

const MINUTE_MS = 60_000

/**
 * How long GitHub asks to wait, in milliseconds; `undefined` if the error is not about a rate limit. Without a time it is a minute
 * (GitHub documentation, "Rate limits for the REST API").
 */
export function rateLimitMs(error: unknown): number | undefined {
  const status = member(error, 'status')
  if (status !== 403 && status !== 429) return undefined
  const textAt = (...path: readonly string[]): string => {
    const value = member(error, ...path)
    return typeof value === 'string' ? value : ''
  }
  const header = (name: string): string => textAt('response', 'headers', name)
  if (/^\d+$/.test(header('retry-after'))) return Number(header('retry-after')) * 1_000
  const isUsedUp = header('x-ratelimit-remaining') === '0'
  const endMs = Number(header('x-ratelimit-reset')) * 1_000 - Date.parse(header('date'))
  if (isUsedUp && endMs >= 0) return endMs
  const isLimit = status === 429 || isUsedUp || /rate limit/i.test(textAt('message'))
  return isLimit ? MINUTE_MS : undefined
}
