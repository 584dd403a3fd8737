import { formatUtc } from '../duration.ts'
import { escapeMarkdown } from '../escape.ts'

/** No other line of a comment begins with it. */
const SIGN = '⏰'

/**
 * A comment with the notice that its clone expires within a day, below the headline. A comment that has it stays as it is: a sweep
 * comes every hour. The notice names the time and not what is left of it, since it stands there until the end. Runs that extend a
 * clone write its comment anew, without the notice. Pure.
 */
export function withExpiryNotice(text: string, expiresAt: string): string {
  const notice = `${SIGN} **Expires ${escapeMarkdown(formatUtc(expiresAt))}, within a day.** Push or run the workflow again to keep it, or hold it.`
  const lines = text.split(/\r?\n/)
  if (lines.includes(notice)) return text
  const others = lines.filter((line) => !line.startsWith(SIGN))
  const below = others.findIndex((line) => line.startsWith('### ')) + 1
  const rest = others.slice(below).join('\n').replace(/^\n+/, '')
  return [...others.slice(0, below), '', notice, '', rest].join('\n')
}
