import { describe, expect, test } from '@jest/globals'
import {
  cloneIdentifier,
  identityHash,
  pullRequestKey,
  pullRequestNumber,
  writerIdentifier,
} from '../../src/aurora/identity.ts'
import { anIdentity } from '../factories.ts'

describe('identityHash', () => {
  // Each hash is what `printf 'server\nrepository\nkey\nname\ngeneration' | sha256sum` begins with.
  test.each([
    [anIdentity(), '551c8f4a'],
    [anIdentity({ name: 'billing' }), 'ca0945a1'],
    [anIdentity({ key: 'pr-43' }), 'c277867c'],
    [anIdentity({ key: 'nightly', generation: '20261121' }), '659e9cf4'],
    [anIdentity({ repositoryId: '4712' }), '22b86286'],
  ])('%j → %s', (identity, hash) => {
    expect(identityHash(identity)).toBe(hash)
  })

  test.each([
    ['name and generation', { key: 'nightly', name: '1' }, { key: 'nightly', generation: '1' }],
    ['key and name', { key: 'nightly-a' }, { key: 'nightly', name: 'a' }],
    ['enterprise servers', { server: 'github.com' }, { server: 'github.acme.example' }],
    ['repositories', { repositoryId: '1', key: 'pr-11' }, { repositoryId: '11', key: 'pr-1' }],
  ])('%s are not mixed up', (_, one, other) => {
    expect(identityHash(anIdentity(one))).not.toBe(identityHash(anIdentity(other)))
  })
})

describe('cloneIdentifier', () => {
  test.each<[string, string, Parameters<typeof anIdentity>[0], string]>([
    ['clone', 'shop', {}, 'clone-pr-42-shop-551c8f4a'],
    ['preview', 'shop', {}, 'preview-pr-42-shop-551c8f4a'],
    ['clone', 'shop', { name: 'billing' }, 'clone-pr-42-shop-billing-ca0945a1'],
    ['clone', 'shop', { key: 'nightly', generation: '20261121' }, 'clone-nightly-shop-20261121-659e9cf4'],
    ['clone', 'Shop.Web_API', {}, 'clone-pr-42-shop-web-api-551c8f4a'],
    ['clone', '.github', {}, 'clone-pr-42-github-551c8f4a'],
    ['clone', '--shop--', {}, 'clone-pr-42-shop-551c8f4a'],
    ['clone', 'a...b___c', {}, 'clone-pr-42-a-b-c-551c8f4a'],
    ['clone', '2048', {}, 'clone-pr-42-2048-551c8f4a'],
    ['clone', 'größe', {}, 'clone-pr-42-gr-e-551c8f4a'],
    ['clone', '店', {}, 'clone-pr-42-551c8f4a'],
    ['clone', '', {}, 'clone-pr-42-551c8f4a'],
    // 60 characters: the repository's name is cut.
    [
      'clone',
      'a-repository-with-a-name-that-is-much-longer-than-that',
      {},
      'clone-pr-42-a-repository-with-a-name-that-is-much-l-551c8f4a',
    ],
    // The cut leaves no hyphen before the hash's.
    [
      'clone',
      'a-repository-with-a-name-that-is-much-longer',
      { key: 'pr-4242' },
      'clone-pr-4242-a-repository-with-a-name-that-is-much-b253ffa7',
    ],
  ])('%s, %s, %j → %s', (prefix, repository, overrides, identifier) => {
    expect(cloneIdentifier({ prefix, repository, identity: anIdentity(overrides) })).toBe(identifier)
  })

  test('name and generation are kept as long as there is room, before the repository’s name', () => {
    const identity = anIdentity({ key: 'nightly', name: 'billing', generation: '20261121' })
    const identifier = cloneIdentifier({ prefix: 'clone', repository: 'r'.repeat(100), identity })
    expect(identifier).toMatch(/^clone-nightly-r{20}-billing-20261121-[0-9a-f]{8}$/)
    expect(identifier).toHaveLength(60)
  })

  test('the longest prefix and key are never cut', () => {
    const identity = anIdentity({ key: 'k'.repeat(24), name: 'n'.repeat(16), generation: 'g'.repeat(16) })
    const identifier = cloneIdentifier({ prefix: 'p'.repeat(16), repository: 'shop', identity })
    expect(identifier).toMatch(/^p{16}-k{24}-n{9}-[0-9a-f]{8}$/)
  })

  test('names that differ only after the cut are different clones', () => {
    const prefix = 'p'.repeat(16)
    const key = 'k'.repeat(24)
    const [a, b] = ['nnnnnnnnnnnnnnn1', 'nnnnnnnnnnnnnnn2'].map((name) =>
      cloneIdentifier({ prefix, repository: 'shop', identity: anIdentity({ key, name }) }),
    )
    expect(a).not.toBe(b)
  })

  const prefixes = ['c', 'clone', 'my-team-preview-', 'p234567890123456'].map((prefix) =>
    prefix.replace(/-$/, ''),
  )
  const keys = ['pr-1', 'pr-42', 'pr-2147483647', 'pr-9999999999', 'nightly', 'k23456789012345678901234']
  const names = ['', 'a', 'billing', '9lives', 'n234567890123456']
  const generations = ['', '1', '20261121', 'g234567890123456']
  const repositories = [
    '',
    'shop',
    'Shop.Web_API',
    '.github',
    '-',
    '2048',
    'größe-店-ß',
    'x'.repeat(100),
    'a-'.repeat(50),
    'A_B.C-'.repeat(16),
    'feature#1 (copy)',
    '🦀🦀🦀',
  ]
  const servers = ['github.com', 'github.acme.example', 'localhost:8080']

  test('whatever goes in: valid, at most 60 long, begins with prefix and key, ends in the hash, never twice', () => {
    const taken = new Map<string, string>()
    let made = 0
    for (const server of servers)
      for (const repositoryId of ['1', '11', '987654321'])
        for (const key of keys)
          for (const name of names)
            for (const generation of generations)
              for (const [index, repository] of repositories.entries()) {
                const prefix = prefixes[index % prefixes.length] ?? ''
                const identity = { server, repositoryId, key, name, generation }
                const identifier = cloneIdentifier({ prefix, repository, identity })
                const label = JSON.stringify({ prefix, repository, ...identity, identifier })
                const hash = identifier.slice(-8)
                if (
                  identifier.length > 60 ||
                  writerIdentifier(identifier).length > 63 ||
                  !/^[a-z](-?[a-z0-9])*$/.test(identifier) ||
                  !identifier.startsWith(`${prefix}-${key}-`) ||
                  !/-[0-9a-f]{8}$/.test(identifier)
                )
                  throw new Error(`not a valid identifier: ${label}`)
                // The same identity has one hash whatever prefix and repository are; another identity has another one.
                const owner = JSON.stringify(identity)
                if ((taken.get(hash) ?? owner) !== owner)
                  throw new Error(`collides with ${taken.get(hash) ?? ''}: ${label}`)
                taken.set(hash, owner)
                made += 1
              }
    expect(made).toBe(
      servers.length * 3 * keys.length * names.length * generations.length * repositories.length,
    )
    expect(taken.size).toBe(servers.length * 3 * keys.length * names.length * generations.length)
  })

  test('ten thousand pull requests never collide', () => {
    const identifiers = new Set(
      Array.from({ length: 10_000 }, (_, index) =>
        cloneIdentifier({
          prefix: 'clone',
          repository: 'shop',
          identity: anIdentity({ key: `pr-${index + 1}` }),
        }),
      ),
    )
    expect(identifiers.size).toBe(10_000)
  })
})

test('the writer of a clone', () => {
  expect(writerIdentifier('clone-pr-42-shop-551c8f4a')).toBe('clone-pr-42-shop-551c8f4a-1')
})

test('the key of a pull request', () => {
  expect(pullRequestKey(42)).toBe('pr-42')
})

test.each([
  ['pr-42', 42],
  ['pr-1', 1],
  ['pr-', undefined],
  ['pr-0', undefined],
  ['pr-042', undefined],
  ['pr-42x', undefined],
  ['xpr-42', undefined],
  ['nightly', undefined],
])('the number in "%s" is %s', (key, number) => {
  expect(pullRequestNumber(key)).toBe(number)
})
