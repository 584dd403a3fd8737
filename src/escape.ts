import { shorten } from '../quotation.ts'

/**
 * Text from AWS, GitHub and people is data: here it loses what would make it a command of the runner, or Markdown.
 */

/** A log line that the runner cannot take for a workflow command (`::error::…` at its beginning, `##[…]` anywhere). */
export function inertLogLine(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => line.replace(/^([\s\u0085]*):(?=:)/, '$1: ').replaceAll('##[', '# #['))
    .join('\n')
}

/** As long as a failure may be. Cut before it is escaped: half an escape is none. */
const MAX_TEXT_LENGTH = 4_096
const MAX_CODE_LENGTH = 300

/**
 * Text inside a Markdown table cell or sentence: no table, no HTML, no mention, no link, no line of its own.
 *
 * GitHub makes links of `#26`, `GH-26`, `owner/repo#26` and `owner/repo@sha` (Autolinked references and URLs) when the Markdown has
 * been rendered and its backslashes are gone: only a character of no width in between keeps it from that. A commit's hash alone
 * stays one: it leads nowhere but to this repository, and the names of clones end like one and are copied.
 */
export function inertMarkdown(text: string): string {
  return shorten(text, MAX_TEXT_LENGTH)
    .replace(/\s+/g, ' ')
    .replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? '')
    .replace(/[\\`*_{}[\]()+!|~]/g, String.raw`\$&`)
    .replace(/[@#]|\bGH-(?=\d)/gi, '$&\u200B')
    .replace(/:\/\//g, ':\u200B//')
    .replace(/www\./gi, (www) => `${www.slice(0, -1)}\u200B.`)
}

const HARMLESS_CODE = /(?<![`$])(`[\w:./=-]+(?: [\w:./=-]+)*`)(?![`$])/

/**
 * A text of ours in which names from elsewhere may stand. Its code spans are shown as code where nothing in them could be anything
 * else, and no mark beside them could change where they begin or end; all the rest is inert.
 */
export function inertWithCode(text: string): string {
  return text
    .split(HARMLESS_CODE)
    .map((part, index) => (index % 2 === 1 ? part : inertMarkdown(part)))
    .join('')
}

/** Text as code: whatever would end the code span or the table cell is left out. */
export function code(text: string): string {
  return `\`${shorten(text.replace(/[`|\r\n]/g, ''), MAX_CODE_LENGTH)}\``
}
