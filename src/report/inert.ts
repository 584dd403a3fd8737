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

/** Text inside a Markdown table cell or sentence: no table, no HTML, no mention, no link, no line of its own. */
export function inertMarkdown(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? '')
    .replace(/[\\`*_{}[\]()#+!|~]/g, String.raw`\$&`)
    .replaceAll('@', '@\u200B')
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
  return `\`${text.replace(/[`|\r\n]/g, '')}\``
}
