import { Cancelled, Failure } from './failure.ts'
import { type FilePattern, type Segment, isExact } from './file-patterns.ts'
import { inParallel } from './in-parallel.ts'
import { quote } from './quotation.ts'

/** What is read: the patterns of each input, by its name. */
export interface FileRequest<Input extends string> {
  readonly patterns: Readonly<Record<Input, readonly FilePattern[]>>
  readonly signal: AbortSignal
}

export interface SelectedFiles<Input extends string> {
  /** Where they stand, for people: `main at 1a2b3c4` or `the workspace`. */
  readonly where: string
  /** Each file once, in the byte order of the names. */
  readonly files: Readonly<Record<Input, readonly SelectedFile[]>>
}

export interface SelectedFile {
  /** Its path from the root of the repository. */
  readonly name: string
  readonly content: Buffer
}

/** Something in a folder. */
export interface Entry {
  /** From the root of the repository. */
  readonly path: string
  /** `other`: a socket or a device. */
  readonly kind: 'file' | 'folder' | 'link' | 'submodule' | 'other'
  readonly size: number
}

/** The files of a repository, wherever they stand. Its errors are Failures. */
export interface FileTree<Found extends Entry> {
  readonly where: string
  /** What to do if a pattern matches nothing. */
  readonly remedy: string
  /** What stands directly in a folder; the root is empty. */
  children(folder: string): Promise<readonly Found[]>
  read(file: Found): Promise<Buffer>
}

const MEBIBYTE = 1_048_576
/** Far more than SQL that people write. What is larger was matched by mistake, and would only fill the memory. */
export const LIMITS = { fileBytes: 4 * MEBIBYTE, bytes: 32 * MEBIBYTE, files: 200 }

/** GitHub asks for few calls at once. */
const READS_AT_ONCE = 4

/** The files that the patterns of each input match. A pattern without a file is a failure, and so is a file that cannot be read. */
export async function selectFiles<Input extends string, Found extends Entry>(
  tree: FileTree<Found>,
  { patterns, signal }: FileRequest<Input>,
): Promise<SelectedFiles<Input>> {
  const search = new Search(tree, signal)
  const chosen: (readonly [input: string, files: readonly Found[]])[] = []
  for (const [input, list] of Object.entries<readonly FilePattern[]>(patterns)) {
    const found: Found[] = []
    for (const pattern of list) found.push(...(await search.filesOf(input, pattern)))
    chosen.push([input, onceInOrder(found)])
  }
  const contents = await readAll(tree, onceInOrder(chosen.flatMap(([, files]) => files)), signal)
  const files = chosen.map(([input, found]) => [
    input,
    found.flatMap(({ path }) => {
      const content = contents.get(path)
      return content === undefined ? [] : [{ name: path, content }]
    }),
  ])
  return { where: tree.where, files: Object.fromEntries(files) as SelectedFiles<Input>['files'] }
}

function onceInOrder<Found extends Entry>(entries: readonly Found[]): readonly Found[] {
  const byPath = new Map(entries.map((entry) => [entry.path, entry]))
  return [...byPath.values()].toSorted((one, other) =>
    Buffer.compare(Buffer.from(one.path), Buffer.from(other.path)),
  )
}

export function stopIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new Cancelled('The run was reading files of the repository.')
}

interface Walk<Found extends Entry> {
  /** What the whole pattern fits. */
  readonly fitting: Found[]
  /** A link or a submodule where the pattern names a folder. */
  readonly inTheWay: Found[]
  /** Where the walk was, and with how much of the pattern: `**` twice leads to one place on many ways. */
  readonly seen: Set<string>
}

/** Looks into each folder once, and only where a file of a pattern can be. */
class Search<Found extends Entry> {
  readonly #tree: FileTree<Found>
  readonly #signal: AbortSignal
  readonly #children = new Map<string, readonly Found[]>()

  constructor(tree: FileTree<Found>, signal: AbortSignal) {
    this.#tree = tree
    this.#signal = signal
  }

  async filesOf(input: string, pattern: FilePattern): Promise<readonly Found[]> {
    const { where, remedy } = this.#tree
    const walk: Walk<Found> = { fitting: [], inTheWay: [], seen: new Set() }
    for (const segments of pattern.alternatives) {
      walk.seen.clear()
      await this.#walk('', segments, walk)
    }
    const asked = `Input ${input}: "${quote(pattern.text)}"`
    const meant = walk.fitting.filter(({ kind }) => !isPassedOver(kind, pattern))
    const wrong = [...walk.inTheWay, ...meant].find(isNoFile)
    if (wrong !== undefined) throw notAFile(wrong, asked, where)
    // What is left are files.
    if (meant.length === 0) throw notUsable(`${asked} matches no file of ${where}.`, remedy)
    return meant
  }

  async #walk(folder: string, segments: readonly Segment[], to: Walk<Found>): Promise<void> {
    const [segment, ...rest] = segments
    const step = `${segments.length} ${folder}`
    if (segment === undefined || to.seen.has(step)) return
    to.seen.add(step)
    const children = await this.#childrenOf(folder)
    if (segment.kind === 'folders') {
      await this.#walk(folder, rest, to)
      for (const { kind, path } of children) if (kind === 'folder') await this.#walk(path, segments, to)
      return
    }
    for (const child of children) {
      if (!fitsSegment(segment, nameOf(child))) continue
      if (rest.length === 0) to.fitting.push(child)
      else if (child.kind === 'folder') await this.#walk(child.path, rest, to)
      else if (segment.kind === 'name' && child.kind !== 'file') to.inTheWay.push(child)
    }
  }

  async #childrenOf(folder: string): Promise<readonly Found[]> {
    const known = this.#children.get(folder)
    if (known !== undefined) return known
    stopIfCancelled(this.#signal)
    const children = await this.#tree.children(folder)
    this.#children.set(folder, children)
    return children
  }
}

function nameOf({ path }: Entry): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function fitsSegment(segment: Exclude<Segment, { kind: 'folders' }>, name: string): boolean {
  return segment.kind === 'name' ? segment.name === name : segment.fits(name)
}

/** A glob is about files, and those of a submodule belong to another repository. A path is about what it names. */
function isPassedOver(kind: Entry['kind'], pattern: FilePattern): boolean {
  return !isExact(pattern) && (kind === 'folder' || kind === 'submodule')
}

async function readAll<Found extends Entry>(
  tree: FileTree<Found>,
  files: readonly Found[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Buffer>> {
  for (const file of files) checkSize(file, file.size)
  checkTogether(files)
  const contents = new Map<string, Buffer>()
  const errors: unknown[] = []
  await inParallel(files, READS_AT_ONCE, async (file) => {
    // The rest would be read for nothing.
    if (errors.length > 0) return
    try {
      stopIfCancelled(signal)
      const content = await tree.read(file)
      checkContent(file, content)
      contents.set(file.path, content)
    } catch (error) {
      errors.push(error)
    }
  })
  if (errors.length > 0) throw errors[0]
  return contents
}

/** Git LFS specification, "The pointer". */
const LFS_POINTER = Buffer.from('version https://git-lfs.github.com/spec/v1\n')

function checkContent(file: Entry, content: Buffer): void {
  // It may have grown since its folder was read.
  checkSize(file, content.length)
  if (content.subarray(0, LFS_POINTER.length).equals(LFS_POINTER))
    throw notUsable(
      `${named(file)} is a pointer of Git LFS, not the file itself.`,
      'Keep the file in git itself: git lfs untrack, and commit it again.',
    )
}

function checkSize(file: Entry, bytes: number): void {
  if (bytes > LIMITS.fileBytes)
    throw notUsable(
      `${named(file)} has ${bytes} bytes, and at most ${LIMITS.fileBytes} are read.`,
      'Correct the pattern, or split the file.',
    )
}

function checkTogether(files: readonly Entry[]): void {
  const bytes = files.reduce((sum, { size }) => sum + size, 0)
  const problem =
    files.length > LIMITS.files
      ? `match ${files.length} files, and at most ${LIMITS.files} are read`
      : bytes > LIMITS.bytes
        ? `match files of ${bytes} bytes, and at most ${LIMITS.bytes} are read`
        : undefined
  if (problem !== undefined)
    throw notUsable(`The patterns ${problem}.`, 'Correct the patterns: they name only the files to read.')
}

function named({ path }: Entry): string {
  return `The file "${quote(path)}"`
}

type NoFile = Entry & { readonly kind: Exclude<Entry['kind'], 'file'> }

function isNoFile<Found extends Entry>(entry: Found): entry is Found & NoFile {
  return entry.kind !== 'file'
}

const KINDS: Readonly<Record<NoFile['kind'], readonly [what: string, remedy: string]>> = {
  folder: ['a folder', 'Name the files in it, such as folder/*.sql, or folder/** for all of them.'],
  link: ['a symbolic link', 'Name the file or folder that it leads to: links are not followed.'],
  submodule: ['a submodule', 'Keep the file in the repository of the workflow.'],
  other: ['neither a file nor a folder', 'Correct the pattern.'],
}

function notAFile({ kind, path }: NoFile, asked: string, where: string): Failure {
  const [what, remedy] = KINDS[kind]
  return notUsable(`${asked} leads to "${quote(path)}" of ${where}, which is ${what}.`, remedy)
}

function notUsable(what: string, remedy: string): Failure {
  return new Failure({ title: 'File not usable', what, remedy })
}
