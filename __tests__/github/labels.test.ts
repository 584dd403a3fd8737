import { describe, expect, test } from '@jest/globals'
import { repositoryLabels } from '../../src/github/labels.ts'
import { FakeGitHub, httpError } from './fake-api.ts'

describe('labels of the repository', () => {
  const labelsOf = (github: FakeGitHub) => repositoryLabels(() => Promise.resolve(github))

  test('are listed once for all that ask, as GitHub writes them', async () => {
    const github = new FakeGitHub()
    github.repositoryLabels = ['Clone-DB', 'Größe 42', 'docs']
    const labels = labelsOf(github)
    const all = ['Clone-DB', 'Größe 42', 'docs']
    expect(await Promise.all([labels.list(), labels.list()])).toEqual([all, all])
    expect(await labels.list()).toEqual(all)
    expect(github.calls).toEqual(['labels'])
  })

  test('cannot be listed: no answer, for nobody', async () => {
    const github = new FakeGitHub()
    github.faults.set('labels', httpError(403))
    const labels = labelsOf(github)
    const unreadable = { kind: 'unreadable', because: 'GitHub answered 403: HTTP 403' }
    expect(await labels.list()).toEqual(unreadable)
    expect(await labels.list()).toEqual(unreadable)
    expect(github.calls).toEqual(['labels'])
  })

  test('nor does a connection that fails throw', async () => {
    const labels = repositoryLabels(() => Promise.reject(new Error('no token')))
    expect(await labels.list()).toEqual({ kind: 'unreadable', because: 'no token' })
  })
})
