/** `2026-11-28T07:30:12.123Z` → `2026-11-28 07:30 UTC`, for people; anything else stays as it is. */
export function formatUtc(iso: string): string {
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(iso) ? `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC` : iso
}
