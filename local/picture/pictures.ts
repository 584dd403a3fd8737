import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WrittenComment } from './life.ts'
import type { Theme } from './page.ts'

const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'pictures')

/** What the pictures show, as digests. It stands beside them. */
export const DESCRIPTION = join(FOLDER, 'life.json')

export const PICTURES: Readonly<Record<string, Theme>> = {
  'life-light.png': 'light',
  'life-dark.png': 'dark',
}

/** Digests of the comments, and of the pictures as they are: none of them can change alone. */
export function describe(comments: readonly WrittenComment[]): string {
  const texts = comments.map(({ markdown }) => withoutTimes(markdown)).join('\n')
  const digests = {
    comments: digest(texts),
    ...Object.fromEntries(
      Object.keys(PICTURES).map((name) => [name, digest(readFileSync(join(FOLDER, name)))]),
    ),
  }
  return `${JSON.stringify(digests, undefined, 2)}\n`
}

/** The rests of a run are a random tenth shorter, so each play takes some seconds more or less. */
function withoutTimes(markdown: string): string {
  return markdown.replace(/\d{2}:\d{2}(?::\d{2})? UTC/g, 'TIME').replace(/\b(?:\d+[hms])+\b/g, 'DURATION')
}

function digest(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
