import { formatUtc } from '../duration.ts'
import { escapeMarkdown } from '../escape.ts'

/** No other line of a comment begins with it. */
const SIGN = '⏰'
/** What a comment says itself, in a sentence or in its table (see clone-markdown.ts). */
const EXPIRES = /^(?:Expires \*\*([^*]+)\*\*|\| \*\*Expires\*\* \| ([^|]+) \|)/m

/**
 * A comment with the notice that its clone expires within a day, below the headline. A comment that has it stays as it is: a sweep
 * comes every hour. The notice names the time and not what is left of it, since it stands there until the end. Runs that extend a
 * clone write its comment anew, without the notice. One may have done so since the sweep has looked: the comment names another time
 * then, and stays as it is. Pure.
 */
export function withExpiryNotice(text: string, expiresAt: string): string {
  const time = escapeMarkdown(formatUtc(expiresAt))
  const known = EXPIRES.exec(text)
  if (known !== null && !known.includes(time)) return text
  const notice = `${SIGN} **Expires ${time}, within a day.** Push or run the workflow again to keep it, or hold it.`
  const lines = text.split(/\r?\n/)
  if (lines.includes(notice)) return text
  const others = lines.filter((line) => !line.startsWith(SIGN))
  const below = others.findIndex((line) => line.startsWith('### ')) + 1
  const rest = others.slice(below).join('\n').replace(/^\n+/, '')
  return [...others.slice(0, below), '', notice, '', rest].join('\n')
}
