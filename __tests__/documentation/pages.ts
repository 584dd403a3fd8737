import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '..', '..')

export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** The files of the repository, committed or about to be, as git sees them. */
export function repositoryFiles(): readonly string[] {
  return execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: ROOT })
    .toString()
    .split('\0')
    .filter((path) => path !== '' && existsSync(join(ROOT, path)))
}

export const PAGES: readonly string[] = repositoryFiles()
  .filter((path) => path.endsWith('.md'))
  .toSorted()

export interface Block {
  readonly page: string
  readonly language: string
  readonly text: string
}

const FENCED = /^( *)```(\w*)\n(.*?)^\1```$/gms

/** The code blocks of a page, also those in lists. */
export function blocksOf(page: string): readonly Block[] {
  return [...read(page).matchAll(FENCED)].map(([, indent = '', language = '', text = '']) => ({
    page,
    language,
    text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }))
}

/** A page without its code blocks. */
export function proseOf(page: string): string {
  return read(page).replaceAll(FENCED, '')
}

/** What stands between backticks in the text. */
export function inlineCodeOf(page: string): readonly string[] {
  return [...proseOf(page).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)
}

/** The anchors of a page's headings, as GitHub makes them: the second of two has a number. */
export function anchorsOf(page: string): readonly string[] {
  const seen = new Map<string, number>()
  return [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => {
    const anchor = title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-')
    const count = seen.get(anchor) ?? 0
    seen.set(anchor, count + 1)
    return count === 0 ? anchor : `${anchor}-${count}`
  })
}

/** Where a page leads to, links and pictures. */
export function targetsOf(page: string): readonly string[] {
  const text = proseOf(page).replaceAll(/`[^`\n]+`/g, '')
  return [
    ...[...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target),
    ...[...text.matchAll(/\b(?:src|srcset|href)="([^"]+)"/g)].map(([, target = '']) => target),
  ]
}
