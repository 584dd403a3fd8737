import { timeMs } from './tag-value.ts'

const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** `30s`, `15m`, `48h` or `3d` in milliseconds; `undefined` for other text. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(?<count>[1-9][0-9]{0,6})(?<unit>[smhd])$/.exec(text)
  if (match?.groups === undefined) return undefined
  return Number(match.groups['count']) * UNITS_MS[match.groups['unit'] as keyof typeof UNITS_MS]
}

/** `75_000` → `1m15s`: whole seconds, at most two units. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const
  const first = parts.findIndex(([count]) => count > 0)
  if (first === -1) return '0s'
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join('')
}

/** How long something took, with tenths below ten seconds. */
export function formatElapsed(ms: number): string {
  return ms < 10_000 ? `${(Math.max(0, ms) / 1_000).toFixed(1)}s` : formatDuration(ms)
}

/** `2026-11-28T07:30:12.123Z` → `2026-11-28 07:30 UTC`; other text stays as it is. */
export function formatUtc(time: string): string {
  const ms = timeMs(time)
  if (ms === undefined) return time
  const iso = new Date(ms).toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`
}
