/** `name=value` and `name<<DELIMITER` as the runner reads them from GITHUB_OUTPUT, GITHUB_ENV and GITHUB_STATE. */
export function parseFileCommand(text: string): Record<string, string> {
  const values: Record<string, string> = {}
  const lines = text.split(/\r?\n/)
  let index = 0
  while (index < lines.length) {
    const line = lines[index] ?? ''
    index += 1
    if (line === '') continue
    const equals = line.indexOf('=')
    const heredoc = line.indexOf('<<')
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      values[nameOf(line, equals)] = line.slice(equals + 1)
      continue
    }
    if (heredoc < 0) throw new Error(`Invalid format '${line}'`)
    const name = nameOf(line, heredoc)
    const delimiter = line.slice(heredoc + 2)
    if (delimiter === '') throw new Error(`Invalid format '${line}'. Name and delimiter must not be empty`)
    const end = lines.indexOf(delimiter, index)
    if (end === -1) throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`)
    values[name] = lines.slice(index, end).join('\n')
    index = end + 1
  }
  return values
}

function nameOf(line: string, end: number): string {
  const name = line.slice(0, end)
  if (name === '') throw new Error(`Invalid format '${line}'. Name must not be empty`)
  return name
}
