import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { cloneIdentifier, identityHash } from '../../../src/aurora/clone/identity.ts'
import { ownershipOf } from '../../../src/aurora/clone/ownership.ts'
import { ownershipTags } from '../../../src/aurora/clone/tags.ts'
import { aCluster, anIdentity, someTags } from '../../factories.ts'

// Few words, so that they meet at each other's seams: a prefix with a hyphen, a key that continues a prefix, a name like a key.
const word = fc.constantFrom('clone', 'pr', '1', '42', 'nightly', 'eu', 'a', '')
const words = fc.array(word, { maxLength: 4 }).map((parts) => parts.join('-'))
const part = fc.oneof(fc.constant(''), words)
const claim = fc.record({
  server: fc.constantFrom('github.com', 'github.com', 'ghe.acme.example'),
  repositoryId: fc.constantFrom('4711', '999', '04711'),
  prefix: fc.oneof(fc.constantFrom('clone', 'a', 'pr'), words),
  key: fc.oneof(fc.constantFrom('nightly', 'nightly-eu', 'pr-42', 'pr-1'), words),
  name: part,
  generation: part,
  incarnation: fc.constantFrom(1, 1, 2, 0, 1.5, NaN),
})

/** A cluster under any name, with the tags of any identity, and its hash: all that can be written by whoever may tag. */
const planted = fc
  .record({ identity: claim, before: part, after: part, isNamedSo: fc.boolean(), other: words })
  .map(({ identity, before, after, isNamedSo, other }) => {
    const { prefix, key } = identity
    const head = isNamedSo ? [before, prefix, key, after] : [other, after]
    const identifier = [...head, identityHash(identity)].filter((text) => text !== '').join('-')
    const tags = { ...someTags(), ...ownershipTags(identity, identifier) }
    return { identifier, identity, ownership: ownershipOf(aCluster({ identifier, tags })) }
  })

const RUNS = { numRuns: 20_000, seed: 20_261_121 }

test('no name can be read as another’s: whatever is planted', () => {
  let owned = 0
  fc.assert(
    fc.property(planted, ({ identifier, identity, ownership }) => {
      if (!ownership.owned) return
      owned += 1
      const { prefix, key } = ownership.clone.identity
      expect(ownership.clone.identity).toEqual(identity)
      // The prefix is what stands before the first hyphen, and the key follows it: whatever an IAM policy allows under
      // `<prefix>-<key>-*` reaches no other prefix.
      expect(identifier.split('-')[0]).toBe(prefix)
      expect(identifier.startsWith(`${prefix}-${key}-`)).toBe(true)
      // A pull request's name is its own, and no named clone has one.
      const number = /^[^-]+-pr-(.*)$/.exec(identifier)
      const isPullRequest = /^pr-[1-9][0-9]*$/.test(key)
      expect(number !== null).toBe(isPullRequest)
      if (isPullRequest) expect(key).toBe(`pr-${number?.[1]?.split('-')[0] ?? ''}`)
    }),
    RUNS,
  )
  // The property looked at clones at all.
  expect(owned).toBeGreaterThan(100)
})

test('what this action makes is its own, and no other’s', () => {
  const name = fc.constantFrom('', 'a', 'eu', 'a-1', 'pr-1')
  const made = fc.record({
    prefix: fc.constantFrom('clone', 'pr', 'a', 'nightly'),
    key: fc.oneof(
      fc.integer({ min: 1, max: 9_999_999_999 }).map((number) => `pr-${number}`),
      fc.constantFrom('nightly', 'nightly-eu', 'a', 'a-1'),
    ),
    name,
    generation: name,
    incarnation: fc.integer({ min: 1, max: 3 }),
    repositoryId: fc.constantFrom('1', '11'),
  })
  fc.assert(
    fc.property(made, made, fc.string(), (one, other, repository) => {
      const [mine, theirs] = [anIdentity(one), anIdentity(other)]
      const identifier = cloneIdentifier({ repository, identity: mine })
      const isOwned = (identity: typeof mine): boolean => {
        const tags = { ...someTags(), ...ownershipTags(identity, identifier) }
        return ownershipOf(aCluster({ identifier, tags })).owned
      }
      expect(isOwned(mine)).toBe(true)
      expect(isOwned(theirs)).toBe(JSON.stringify(mine) === JSON.stringify(theirs))
    }),
    { ...RUNS, numRuns: 5_000 },
  )
})
