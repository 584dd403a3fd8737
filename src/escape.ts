import { shorten } from './quotation.ts'

/** Text that the runner cannot read as a workflow command (`::error::…` at the start of a line, `##[…]` anywhere). */
export function escapeLogLine(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => line.replace(/^([\s\u0085]*):(?=:)/, '$1: ').replaceAll('##[', '# #['))
    .join('\n')
}

/** The length of the longest failure. Text is cut before it is escaped, so that no escape is cut in half. */
const MAX_TEXT_LENGTH = 4_096
const MAX_CODE_LENGTH = 300

/**
 * Text for a Markdown table cell or sentence. It makes no table, HTML, mention, link or new line.
 *
 * GitHub links `#26`, `GH-26`, `owner/repo#26` and `owner/repo@sha` (Autolinked references and URLs) after it has rendered the
 * Markdown. Backslashes are gone by then, so only a zero-width character prevents the link. A commit's hash alone may become a
 * link, since it leads to this repository only. Clone names end in a hash, and people copy them.
 */
export function escapeMarkdown(text: string): string {
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
 * Text of this action that may contain names from elsewhere. A code span stays code if its content is harmless and no mark next
 * to it can move its ends. Everything else is escaped.
 */
export function escapeAllButCode(text: string): string {
  return text
    .split(HARMLESS_CODE)
    .map((part, index) => (index % 2 === 1 ? part : escapeMarkdown(part)))
    .join('')
}

/** A code span. Characters that would end it, or the table cell, are removed. */
export function code(text: string): string {
  return `\`${shorten(text.replace(/[`|\r\n]/g, ''), MAX_CODE_LENGTH)}\``
}
