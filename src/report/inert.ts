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
    .replace(/\bwww\./gi, (www) => `${www.slice(0, -1)}\u200B.`)
}

/** Text as code: whatever would end the code span or the table cell is left out. */
export function code(text: string): string {
  return `\`${text.replace(/[`|\r\n]/g, '')}\``
}
