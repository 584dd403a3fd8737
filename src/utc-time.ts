import { timeMs } from './tag-value.ts'

/** `2026-11-28T07:30:12.123Z` → `2026-11-28 07:30 UTC`, for people; anything else stays as it is. */
export function formatUtc(time: string): string {
  const ms = timeMs(time)
  if (ms === undefined) return time
  const iso = new Date(ms).toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`
}
