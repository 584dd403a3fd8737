import { expect, test } from '@jest/globals'
import { type Conclusion, summarize } from '../../../local/runner/run-result.ts'

test.each<[Conclusion[], boolean, Conclusion]>([
  [['success', 'skipped'], false, 'success'],
  [['skipped', 'skipped'], false, 'skipped'],
  [['success', 'failure', 'cancelled'], false, 'failure'],
  [['success', 'cancelled'], false, 'cancelled'],
  [['failure', 'cancelled'], true, 'cancelled'],
  [['failure', 'success'], true, 'failure'],
  [['success', 'skipped'], true, 'success'],
  [[], false, 'skipped'],
])('%j, cancelled as a whole: %s, is %s', (conclusions, isCancelled, conclusion) => {
  expect(summarize(conclusions, isCancelled)).toBe(conclusion)
})
