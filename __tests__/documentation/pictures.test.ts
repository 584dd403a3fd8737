import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { commentsOfLife } from '../../local/picture/life.ts'
import { WIDTH, lifePage } from '../../local/picture/page.ts'
import { DESCRIPTION, PICTURES, describe as described } from '../../local/picture/pictures.ts'
import { playInProcess } from '../scenarios/in-process.ts'
import { read, targetsOf } from './pages.ts'

test('the pictures show the comments that the demo writes today: else run `npm run picture`', async () => {
  const comments = await commentsOfLife((clock) => ({ inProcess: playInProcess(clock) }))
  expect(comments.map(({ headline, scene }) => `${scene}: ${headline}`)).toEqual([
    'label: ⏳ Database clone is being created',
    'label: ✅ Database clone is ready',
    'merge: 🗑️ Database clone is being deleted',
  ])
  const rendered = comments.map((comment) => ({ ...comment, html: comment.headline }))
  expect(lifePage(rendered, 'dark').match(/<article>[^<]+/g)).toHaveLength(comments.length)
  expect(() => lifePage(rendered.slice(1), 'dark')).toThrow('got 2')
  expect(readFileSync(DESCRIPTION, 'utf8')).toBe(described(comments))
})

test.each(Object.entries(PICTURES))('%s is small and sharp, and shown in README.md', (name, theme) => {
  const picture = readFileSync(join(DESCRIPTION, '..', name))
  expect(picture.length).toBeLessThan(150 * 1024)
  // The header of a PNG: signature, length and name of its first chunk, width.
  expect(picture.toString('latin1', 12, 16)).toBe('IHDR')
  expect(picture.readUInt32BE(16)).toBe(2 * WIDTH)
  expect(targetsOf('README.md')).toContain(`docs/pictures/${name}`)
  const [, dark = ''] =
    /prefers-color-scheme: dark\)" srcset="docs\/pictures\/([\w.-]+)"/.exec(read('README.md')) ?? []
  expect(theme).toBe(name === dark ? 'dark' : 'light')
})
