const MAX_QUOTATION = 500
/** Longer than any message, so that the patterns need not search a whole page. */
const FAR_ENOUGH = 8_192

/**
 * The first line of a text from outside, in at most `maxLength` characters, without credentials and control characters. AWS
 * quotes refused requests with their signature and session token, and a proxy may answer with a whole page.
 */
export function quote(text: string, maxLength = MAX_QUOTATION): string {
  const [line = ''] = text.slice(0, FAR_ENOUGH).trimStart().split(LINE_END, 1)
  return shorten(withoutCredentials(line).replace(UNSEEN, ' ').trim().toWellFormed(), maxLength)
}

const LINE_END = /[\n\v\f\r\u0085\u2028\u2029]/
/** Control characters, and those that change the direction of text. */
const UNSEEN = /[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]+/gu

const CREDENTIALS: readonly (readonly [found: RegExp, left: string])[] = [
  // Headers and parameters of Signature Version 4 (IAM user guide, "Create a signed AWS API request").
  [/(x-amz-(?:security-token|signature|credential)["']?\s*[:=]\s*["']?)[^\s&,;"'<>)]+/gi, '$1***'],
  [
    /\b((?:credential|signature|(?:aws)?accesskeyid|securitytoken|sessiontoken|password)=\s*)[^\s&,;"'<>)]+/gi,
    '$1***',
  ],
  [/[^\s"'=]+\/\d{8}\/[\w-]+\/[\w-]+\/aws4_request/g, '***'],
  [/\b((?:basic|bearer|token)\s+)(?=\S*\d)[\w.~+/%-]{16,}=*/gi, '$1***'],
  [/(:\/\/[^\s/:@]*:)[^\s/@]+@/g, '$1***@'],
  [/\bgh[a-z]_\w{16,}/g, '***'],
  [/\beyJ[\w-]+\.[\w.-]+/g, '***'],
  // Names in AWS have at most 64 characters.
  [/[\w+/%=-]{100,}/g, '***'],
]

function withoutCredentials(text: string): string {
  return CREDENTIALS.reduce((rest, [found, left]) => rest.replace(found, left), text)
}

/** At most `maxLength` characters of a text, cut between words if possible. */
export function shorten(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  const room = Math.max(0, maxLength - 1)
  const wordEnd = text.slice(0, room + 1).search(/\s\S*$/)
  const end = wordEnd > Math.max(0, room - LONGEST_WORD) ? wordEnd : room
  // Half of a surrogate pair is not a character.
  return `${text
    .slice(0, end)
    .trimEnd()
    .replace(/[\uD800-\uDBFF]$/, '')}…`
}

const LONGEST_WORD = 80

/** At most `maxBytes` of UTF-8. Whole lines are dropped at the end, since a line may be the row of a table. */
export function shortenLines(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text
  const kept = Buffer.from(text).subarray(0, maxBytes - Buffer.byteLength(SHORTENED))
  return `${kept.subarray(0, Math.max(0, kept.lastIndexOf('\n'))).toString()}${SHORTENED}`
}

const SHORTENED = '\n\n(shortened)'
