/** `::error::`, `::warning::` and `::notice::`; the rest of an annotation's properties is of no use here. */
export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice'
  readonly title: string | undefined
  readonly message: string
}

interface Command {
  readonly name: string
  readonly properties: Readonly<Record<string, string>>
  readonly data: string
}

/** The runner prints what only looks like a command. */
const COMMANDS: ReadonlySet<string> = new Set([
  'add-mask',
  'add-matcher',
  'add-path',
  'debug',
  'echo',
  'endgroup',
  'error',
  'group',
  'notice',
  'remove-matcher',
  'save-state',
  'set-env',
  'set-output',
  'stop-commands',
  'warning',
])

const ANNOTATION_PREFIXES = { error: 'Error', warning: 'Warning', notice: 'Notice' } as const

/** What the runner makes of a step's output: its workflow commands, and the log as a reader of the web page sees it. */
export class StepLog {
  readonly annotations: Annotation[] = []
  readonly masks: string[] = []
  /** Through `::set-output::` and `::save-state::`, which the runner still accepts. */
  readonly outputs: Record<string, string> = {}
  readonly state: Record<string, string> = {}
  readonly lines: string[] = []
  readonly #showDebug: boolean
  readonly #onLine: (line: string) => void
  #isInGroup = false
  #stopToken: string | undefined

  constructor(options: { readonly showDebug: boolean; readonly onLine: (line: string) => void }) {
    this.#showDebug = options.showDebug
    this.#onLine = options.onLine
  }

  /** Hides a value in everything that is printed from now on. */
  addMask(value: string): void {
    for (const part of [value, ...value.split(/\r?\n/)]) {
      if (part.trim() !== '' && !this.masks.includes(part)) this.masks.push(part)
    }
  }

  annotate(annotation: Annotation): void {
    const message = maskValues(annotation.message, this.masks)
    const title = annotation.title === undefined ? undefined : maskValues(annotation.title, this.masks)
    this.annotations.push({ level: annotation.level, title, message })
    this.#print(`${ANNOTATION_PREFIXES[annotation.level]}: ${message}`)
  }

  /** One line of stdout or stderr, which the runner treats alike. */
  read(line: string): void {
    if (this.#stopToken !== undefined) {
      if (line.trim() === `::${this.#stopToken}::`) this.#stopToken = undefined
      else this.#print(line)
      return
    }
    const command = parseCommand(line)
    if (command === undefined) this.#print(line)
    else this.#run(command)
  }

  #run({ data, name, properties }: Command): void {
    switch (name) {
      case 'error':
      case 'warning':
      case 'notice':
        this.annotate({ level: name, title: properties['title'], message: data })
        return
      case 'debug':
        if (this.#showDebug) this.#print(`##[debug]${data}`)
        return
      case 'group':
        this.#isInGroup = false
        this.#print(`▼ ${data}`)
        this.#isInGroup = true
        return
      case 'endgroup':
        this.#isInGroup = false
        return
      case 'add-mask':
        if (data === '') {
          this.annotate({
            level: 'warning',
            title: undefined,
            message: "Can't add secret mask for empty string.",
          })
        }
        this.addMask(data)
        return
      case 'set-output':
        this.outputs[properties['name'] ?? ''] = data
        return
      case 'save-state':
        this.state[properties['name'] ?? ''] = data
        return
      case 'set-env':
      case 'add-path':
        this.annotate({ level: 'error', title: undefined, message: `The \`${name}\` command is disabled.` })
        return
      case 'stop-commands':
        this.#stopToken = data
        return
      default:
        return
    }
  }

  #print(text: string): void {
    for (const line of maskValues(text, this.masks).split('\n')) {
      const shown = this.#isInGroup ? `  ${line}` : line
      this.lines.push(shown)
      this.#onLine(shown)
    }
  }
}

/** `::name key=value,key=value::data`, as `ActionCommand.TryParseV2` of the runner reads it. */
function parseCommand(line: string): Command | undefined {
  const found = /^\s*::(?<name>[^\s:]+)(?<properties> .*?)?::(?<data>.*)$/s.exec(line)?.groups
  const name = found?.['name']?.toLowerCase()
  if (found === undefined || name === undefined || !COMMANDS.has(name)) return undefined
  const properties: Record<string, string> = {}
  for (const pair of (found['properties'] ?? '').trim().split(',')) {
    const separator = pair.indexOf('=')
    if (separator > 0) {
      properties[pair.slice(0, separator).trim()] = unescapeData(pair.slice(separator + 1))
        .replaceAll(/%3A/gi, ':')
        .replaceAll(/%2C/gi, ',')
        .replaceAll('%25', '%')
    }
  }
  return { name, properties, data: unescapeData(found['data'] ?? '').replaceAll('%25', '%') }
}

/** The percent sign comes last, so that an escaped `%250A` stays the text `%0A`. */
function unescapeData(text: string): string {
  return text.replaceAll(/%0D/gi, '\r').replaceAll(/%0A/gi, '\n')
}

/** Masks each value, also where it was encoded on the way, as the runner does. */
export function maskValues(text: string, masks: readonly string[]): string {
  const forms = masks.flatMap((mask) => [
    mask,
    JSON.stringify(mask).slice(1, -1),
    encodeURIComponent(mask.toWellFormed()),
    Buffer.from(mask).toString('base64'),
  ])
  // Longest first: a mask inside another one would otherwise leave its ends readable.
  return [...new Set(forms)]
    .toSorted((one, other) => other.length - one.length)
    .reduce((masked, form) => masked.replaceAll(form, '***'), text)
}
