import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { DOCUMENTS, PLACEHOLDERS, renderPolicy } from '../../policies/documents.ts'

const DIRECTORY = join(import.meta.dirname, '..', '..', 'policies')

/** As long as such values ordinarily are. */
const VALUES: Readonly<Record<string, string>> = {
  ACCOUNT: '111122223333',
  BRANCH: 'production',
  CLONE_KEY: 'nightly-anonymised',
  COMMIT: '0a1b2c3d4e5f60718293a4b5c6d7e8f901234567',
  ISSUER: 'token.actions.octocorp-subsidiary.ghe.com',
  KEY_ID: 'mrk-1234567890abcdef1234567890abcdef',
  ORG: 'octocorp-subsidiary',
  ORG_ID: '123456789',
  PREFIX: 'abcdefghijklmnop',
  REGION: 'ap-southeast-2',
  REPO: 'a-repository-with-a-long-name',
  REPO_ID: '1234567890',
  SOURCE: 'a-cluster-with-a-name-of-sixty-three-characters-that-is-the-most',
}

/** IAM quotas: a role's inline policies together, and its trust policy; white space does not count. */
const LIMITS = { permissions: 10_240, trust: 2_048 }

const WORD = /\b[A-Z]+(?:_[A-Z]+)*\b/g

describe.each(Object.entries(DOCUMENTS))('policies/%s', (name, document) => {
  test('is what the data says', () => {
    expect(readFileSync(join(DIRECTORY, name), 'utf8')).toBe(renderPolicy(document))
  })

  test('fits, with long values', () => {
    const filled = JSON.stringify(document).replaceAll(WORD, (word) => VALUES[word] ?? word)
    expect(filled.length).toBeLessThan(name.startsWith('trust-') ? LIMITS.trust : LIMITS.permissions)
  })

  test('gives each of its statements a name of its own', () => {
    const sids = document.Statement.map(({ Sid }) => Sid)
    expect(new Set(sids).size).toBe(sids.length)
    for (const sid of sids) expect(sid).toMatch(/^[A-Za-z0-9]+$/)
  })
})

test('there are no other files', () => {
  const files = readdirSync(DIRECTORY).filter((name) => name.endsWith('.json') && name !== 'tsconfig.json')
  expect(files).toEqual(Object.keys(DOCUMENTS).toSorted())
})

test('the placeholders are those that the files have', () => {
  const used = new Set(JSON.stringify(DOCUMENTS).match(WORD))
  expect(Object.keys(PLACEHOLDERS).toSorted()).toEqual([...used].toSorted())
  expect(Object.keys(VALUES)).toEqual(Object.keys(PLACEHOLDERS).toSorted())
})
