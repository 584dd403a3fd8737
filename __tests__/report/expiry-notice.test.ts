import { expect, test } from '@jest/globals'
import { renderComment } from '../../src/report/clone-markdown.ts'
import { withExpiryNotice } from '../../src/report/expiry-notice.ts'
import { aReport } from '../factories.ts'

const PAGE = { details: 'full', runUrl: 'https://github.com/acme/shop/actions/runs/99' } as const

const AT = '2026-11-28T07:30:12.000Z'
const NOTICE =
  '⏰ **Expires 2026-11-28 07:30 UTC, within a day.** Push or run the workflow again to keep it, or hold it.'
const HEADLINE = '### ✅ Database clone is ready'
const TABLE = '| **Port** | 5432 |\n|:--|:--|'

test('stands below the headline, and the rest stays', () => {
  expect(withExpiryNotice(`${HEADLINE}\n\n${TABLE}\n\nThe end`, AT)).toBe(
    `${HEADLINE}\n\n${NOTICE}\n\n${TABLE}\n\nThe end`,
  )
})

test.each([`${HEADLINE}\n\n${TABLE}`, `${HEADLINE}\r\n\r\n${TABLE}`, 'somebody wrote over it'])(
  'a comment that has it stays as it is: %j',
  (text) => {
    const told = withExpiryNotice(text, AT)
    expect(told).toContain(NOTICE)
    expect(withExpiryNotice(told, AT)).toBe(told)
    // A browser writes carriage returns.
    const edited = told.replaceAll('\n', '\r\n')
    expect(withExpiryNotice(edited, AT)).toBe(edited)
  },
)

test('another time takes the place of the former one', () => {
  const told = withExpiryNotice(withExpiryNotice(`${HEADLINE}\n\n${TABLE}`, '2026-11-20T00:00:00.000Z'), AT)
  expect(told).toBe(`${HEADLINE}\n\n${NOTICE}\n\n${TABLE}`)
})

test.each(['ready', 'creating'] as const)(
  'a run has extended the %s clone meanwhile: no word of the former time',
  (state) => {
    const text = renderComment(aReport({ state, expiresAt: '2026-12-05T07:30:00.000Z' }), PAGE)
    expect(withExpiryNotice(text, AT)).toBe(text)
    expect(withExpiryNotice(text, '2026-12-05T07:30:59.000Z')).toContain('within a day')
  },
)
