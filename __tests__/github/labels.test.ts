import { describe, expect, test } from '@jest/globals'
import { repositoryLabels } from '../../src/github/labels.ts'
import { FakeGitHub, httpError } from './fake-api.ts'

describe('labels of the repository', () => {
  const labelsOf = (github: FakeGitHub) => repositoryLabels(() => Promise.resolve(github))

  test.each([
    ['clone-db', true],
    // A tag keeps a label in lower case.
    ['größe 42', true],
    ['clone', false],
    ['gone', false],
  ])('%s: %s', async (label, has) => {
    const github = new FakeGitHub()
    github.repositoryLabels = ['Clone-DB', 'Größe 42']
    expect(await labelsOf(github).has(label)).toBe(has)
  })

  test('are listed once for all that ask', async () => {
    const github = new FakeGitHub()
    const labels = labelsOf(github)
    expect(await Promise.all(['docs', 'gone'].map((label) => labels.has(label)))).toEqual([true, false])
    expect(await labels.has('preview')).toBe(true)
    expect(github.calls).toEqual(['labels'])
  })

  test('cannot be listed: no answer, for nobody', async () => {
    const github = new FakeGitHub()
    github.faults.set('labels', httpError(403))
    const labels = labelsOf(github)
    const unreadable = { kind: 'unreadable', because: 'GitHub answered 403: HTTP 403' }
    expect(await labels.has('docs')).toEqual(unreadable)
    expect(await labels.has('clone-db')).toEqual(unreadable)
    expect(github.calls).toEqual(['labels'])
  })

  test('nor does a connection that fails throw', async () => {
    const labels = repositoryLabels(() => Promise.reject(new Error('no token')))
    expect(await labels.has('docs')).toEqual({ kind: 'unreadable', because: 'no token' })
  })
})
