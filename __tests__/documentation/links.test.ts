import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { PAGES, ROOT, anchorsOf, read, repositoryFiles, targetsOf } from './pages.ts'

/** What a link of a page does not find; none where it leads out of the repository. */
function missing(page: string, target: string): string | undefined {
  if (target.startsWith('https://')) return undefined
  const [file = '', anchor] = target.split('#')
  const path = file === '' ? page : join(dirname(page), file)
  if (!existsSync(join(ROOT, path))) return `${target}: there is no ${path}`
  if (anchor === undefined || anchorsOf(path).includes(anchor)) return undefined
  return `${target}: ${path} has no such heading`
}

test.each(PAGES)('%s links to files and headings that exist', (page) => {
  expect(targetsOf(page).flatMap((target) => missing(page, target) ?? [])).toEqual([])
})

test('every page is found from README.md', () => {
  const found = new Set(['README.md'])
  for (const page of found)
    for (const target of targetsOf(page)) {
      const path = join(dirname(page), target.replace(/#.*/, ''))
      if (PAGES.includes(path)) found.add(path)
    }
  const decisions = PAGES.filter((page) => page.startsWith('docs/adr/'))
  expect(decisions.length).toBeGreaterThan(0)
  expect([...found, ...decisions].toSorted()).toEqual(expect.arrayContaining([...PAGES]))
})

describe('files that are no pages', () => {
  const files = repositoryFiles().filter(
    (path) => /\.(?:ts|js|yml|tf|json)$/.test(path) && !/^(?:dist|__tests__)\/|package-lock/.test(path),
  )

  test('name pages that exist', () => {
    const named = files.flatMap((file) =>
      [
        ...read(file).matchAll(/\b(?:docs\/[\w-]+|README|SECURITY|CONTRIBUTING|CHANGELOG)\.md(?:#[\w-]+)?/g),
      ].map(([target]) => ({ file, target })),
    )
    expect(named.length).toBeGreaterThan(10)
    expect(
      named.flatMap(({ file, target }) => {
        const problem = missing('README.md', target)
        return problem === undefined ? [] : [`${file}: ${problem}`]
      }),
    ).toEqual([])
  })

  test('quote only headings that exist', () => {
    const quoted = files.flatMap((file) =>
      [...read(file).matchAll(/\b([A-Z]+|docs\/[\w-]+)\.md, "([^"]+)"/g)].map(
        ([, page = '', title = '']) => ({
          page: `${page}.md`,
          anchor: title.toLowerCase().replaceAll(' ', '-'),
        }),
      ),
    )
    expect(quoted.length).toBeGreaterThan(0)
    for (const { page, anchor } of quoted) expect(anchorsOf(page)).toContain(anchor)
  })
})
