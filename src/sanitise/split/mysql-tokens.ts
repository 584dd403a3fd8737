/** A part of a script as the mysql client sees it. Offsets are UTF-16 units. */
export interface Token {
  readonly kind: 'blank' | 'comment' | 'code' | 'open' | 'close' | 'delimiter' | 'directive' | 'refused'
  readonly from: number
  readonly to: number
  readonly message?: string
  readonly remedy?: string
}

/** Commands of the client, MySQL's and MariaDB's, but for DELIMITER. None of them begins a statement of SQL that lasts. */
const COMMANDS = [
  String.raw`\?`,
  'charset',
  'clear',
  'connect',
  'edit',
  'ego',
  'exit',
  'go',
  'help',
  'nopager',
  'notee',
  'nowarning',
  'pager',
  'print',
  'prompt',
  'query_attributes',
  'quit',
  'rehash',
  'resetconnection',
  'sandbox',
  'source',
  'ssl_session_data_print',
  'status',
  'system',
  'tee',
  'use',
  'warnings',
]

/** The client cuts a longer one (`char delimiter[16]`), and never finds one that begins with another character. */
const DELIMITER = /^[!-[\]-~]{1,15}$/

/**
 * The parts of a script, by the rules of the mysql command line client (`add_line` and `find_command` in client/mysql.cc, of MySQL
 * and MariaDB). They cover the text without a gap.
 */
export function* mysqlTokens(text: string): Generator<Token, undefined> {
  let rules = rulesOf(';')
  let isStart = true
  for (let at = 0; at < text.length;) {
    const command = isStart ? commandAt(text, at, rules) : undefined
    if (command?.delimiter !== undefined) rules = rulesOf(command.delimiter)
    const token = command ?? tokenAt(text, at, { rules, isStart })
    if (token.kind === 'delimiter') isStart = true
    if (token.kind === 'code' || token.kind === 'open' || token.kind === 'close') isStart = false
    yield token
    at = token.to
  }
  return undefined
}

interface Rules {
  /** What ends a stretch of plain text. Their order is the client's: a delimiter may look like a comment. */
  readonly mark: RegExp
  readonly command: RegExp
}

function rulesOf(delimiter: string): Rules {
  const escaped = RegExp.escape(delimiter)
  return {
    mark: new RegExp(
      [
        String.raw`(?<escape>\\)`,
        `(?<delimiter>${escaped})`,
        // The client takes `--` for a comment only before white space; `5--1` is 6.
        String.raw`(?<comment>#[^\n]*|--(?=[ \t\v\f\r\n]|$)[^\n]*|/\*(?!!)[^]*?(?:\*/|(?<endless>$)))`,
        String.raw`(?<open>/\*!)|(?<close>\*/)|(?<quote>['"${'`'}])`,
      ].join('|'),
      'g',
    ),
    // A delimiter may look like a command, too, but not like DELIMITER.
    command: new RegExp(
      `(delimiter|(?!${escaped})(?:${COMMANDS.join('|')}))(?=[ \\t\\v\\f\\r\\n]|$|${escaped})([^\\n]*)`,
      'iy',
    ),
  }
}

type Command = Token & Readonly<{ delimiter?: string }>

/** A command of the client at the start of a statement. */
function commandAt(text: string, from: number, { command }: Rules): Command | undefined {
  command.lastIndex = from
  const found = command.exec(text)
  if (found === null) return undefined
  const [line, word = '', rest = ''] = found
  const to = from + line.length
  const name = word.toUpperCase()
  if (name !== 'DELIMITER') return { kind: 'refused', from, to, ...refusal(name) }
  const isAtLineStart = /(?:^|\n)[ \t\v\f\r]*$/.test(text.slice(Math.max(0, from - FAR), from))
  const delimiter = isAtLineStart ? delimiterIn(rest) : undefined
  if (delimiter !== undefined) return { kind: 'directive', from, to, delimiter }
  return {
    kind: 'refused',
    from,
    to,
    message: 'this DELIMITER is not one that the mysql client knows',
    remedy: 'Let it begin a line, and give it 1 to 15 characters of ASCII without blanks and backslashes.',
  }
}

/** More blanks than anybody indents by. */
const FAR = 1_024

function refusal(name: string) {
  if (name === 'USE')
    return {
      message: 'USE has no effect on the next statement, which is sent in a call of its own',
      remedy: 'Write database.table.',
    }
  return {
    message: `"${name.toLowerCase()}" is a command of the mysql client and no SQL`,
    remedy: 'Remove it.',
  }
}

/** The first word or quotation after DELIMITER; `undefined` for what the client refuses or cuts. */
function delimiterIn(rest: string): string | undefined {
  const argument = /^[ \t]+(?:'([^']+)'|"([^"]+)"|`([^`]+)`|([^'"`\s][^ ]*))/.exec(rest.trimEnd())
  const delimiter = argument?.slice(1).find(Boolean)
  return delimiter !== undefined && DELIMITER.test(delimiter) ? delimiter : undefined
}

function tokenAt(
  text: string,
  from: number,
  { rules, isStart }: { readonly rules: Rules; readonly isStart: boolean },
): Token {
  if (isStart) {
    const blanks = /[ \t\n\v\f\r]+/y
    blanks.lastIndex = from
    if (blanks.test(text)) return { kind: 'blank', from, to: blanks.lastIndex }
  }
  const { mark } = rules
  mark.lastIndex = from
  const found = mark.exec(text)
  if (found === null) return { kind: 'code', from, to: text.length }
  if (found.index > from) return { kind: 'code', from, to: found.index }
  const { escape, quote, comment, endless, open, delimiter } = found.groups ?? {}
  const to = mark.lastIndex
  if (escape !== undefined) return escapeAt(text, from)
  if (quote !== undefined) return quotationAt(text, from)
  if (endless !== undefined) return { kind: 'refused', from, to, message: 'the comment has no end' }
  if (comment !== undefined) return { kind: 'comment', from, to }
  if (delimiter !== undefined) return { kind: 'delimiter', from, to }
  return { kind: open === undefined ? 'close' : 'open', from, to }
}

/** `\N` is NULL; every other backslash outside quotation marks is a command of the client. `\g` and `\G` end a statement. */
function escapeAt(text: string, from: number): Token {
  const to = Math.min(from + 2, text.length)
  const written = text.slice(from, to)
  if (written === String.raw`\N`) return { kind: 'code', from, to }
  return {
    kind: /g/i.test(written) ? 'delimiter' : 'refused',
    from,
    to,
    message: `"${written.trim()}" is a command of the mysql client and no SQL`,
    remedy: 'Remove it, and end statements with the delimiter.',
  }
}

function quotationAt(text: string, from: number): Token {
  const quote = text[from]
  for (let at = from + 1; at < text.length; at += 1) {
    const isEscape = (text[at] === '\\' && quote !== '`') || (text[at] === quote && text[at + 1] === quote)
    if (isEscape) at += 1
    else if (text[at] === quote) return { kind: 'code', from, to: at + 1 }
  }
  return { kind: 'refused', from, to: text.length, message: 'the quotation has no end' }
}
