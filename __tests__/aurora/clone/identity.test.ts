import { describe, expect, test } from '@jest/globals'
import {
  cloneIdentifier,
  identityHash,
  isIdentifierOf,
  isWellFormed,
  pullRequestKey,
  pullRequestNumber,
  writerIdentifier,
} from '../../../src/aurora/clone/identity.ts'
import { anIdentity } from '../../factories.ts'

describe('identityHash', () => {
  // Each hash is what `printf '1\nserver\nrepository\nprefix\nkey\nname\ngeneration' | sha256sum` begins with.
  test.each([
    [anIdentity(), '2deea4d997059a7e'],
    [anIdentity({ name: 'billing' }), '41fd066075631703'],
    [anIdentity({ key: 'pr-43' }), '56cd8ac114f68247'],
    [anIdentity({ key: 'nightly', generation: '20261121' }), '0c3e6a5cb4db5ca7'],
    [anIdentity({ prefix: 'preview' }), '8d1e1be8fb9a6d0f'],
    [anIdentity({ repositoryId: '4712' }), 'a75e5be32eaaed3a'],
  ])('%j → %s', (identity, hash) => {
    expect(identityHash(identity)).toBe(hash)
  })

  test.each([
    ['name and generation', { key: 'nightly', name: '1' }, { key: 'nightly', generation: '1' }],
    ['key and name', { key: 'nightly-a' }, { key: 'nightly', name: 'a' }],
    ['enterprise servers', { server: 'github.com' }, { server: 'github.acme.example' }],
    ['prefixes', {}, { prefix: 'preview' }],
    ['prefix and key', { prefix: 'a', key: 'b-c' }, { prefix: 'ab', key: 'c' }],
    ['repositories', { repositoryId: '1', key: 'pr-11' }, { repositoryId: '11', key: 'pr-1' }],
  ])('%s are not mixed up', (_, one, other) => {
    expect(identityHash(anIdentity(one))).not.toBe(identityHash(anIdentity(other)))
  })
})

describe('cloneIdentifier', () => {
  test.each<[string, string, Parameters<typeof anIdentity>[0], string]>([
    ['clone', 'shop', {}, 'clone-pr-42-shop-2deea4d997059a7e'],
    ['preview', 'shop', {}, 'preview-pr-42-shop-8d1e1be8fb9a6d0f'],
    ['clone', 'shop', { name: 'billing' }, 'clone-pr-42-shop-billing-41fd066075631703'],
    [
      'clone',
      'shop',
      { key: 'nightly', generation: '20261121' },
      'clone-nightly-shop-20261121-0c3e6a5cb4db5ca7',
    ],
    ['clone', 'Shop.Web_API', {}, 'clone-pr-42-shop-web-api-2deea4d997059a7e'],
    ['clone', '.github', {}, 'clone-pr-42-github-2deea4d997059a7e'],
    ['clone', '--shop--', {}, 'clone-pr-42-shop-2deea4d997059a7e'],
    ['clone', 'a...b___c', {}, 'clone-pr-42-a-b-c-2deea4d997059a7e'],
    ['clone', '2048', {}, 'clone-pr-42-2048-2deea4d997059a7e'],
    ['clone', 'größe', {}, 'clone-pr-42-gr-e-2deea4d997059a7e'],
    ['clone', '店', {}, 'clone-pr-42-2deea4d997059a7e'],
    ['clone', '', {}, 'clone-pr-42-2deea4d997059a7e'],
    // 60 characters: the repository's name is cut.
    [
      'clone',
      'a-repository-with-a-name-that-is-much-longer-than-that',
      {},
      'clone-pr-42-a-repository-with-a-name-that-i-2deea4d997059a7e',
    ],
    // The cut leaves no hyphen before the hash's.
    [
      'clone',
      'a-repository-with-a-name-that-is-much-longer',
      { key: 'pr-4242' },
      'clone-pr-4242-a-repository-with-a-name-that-0664d23da9e7535e',
    ],
  ])('%s, %s, %j → %s', (prefix, repository, overrides, identifier) => {
    expect(cloneIdentifier({ repository, identity: anIdentity({ prefix, ...overrides }) })).toBe(identifier)
  })

  test('name and generation are kept as long as there is room, before the repository’s name', () => {
    const identity = anIdentity({ key: 'nightly', name: 'billing', generation: '20261121' })
    const identifier = cloneIdentifier({ repository: 'r'.repeat(100), identity })
    expect(identifier).toMatch(/^clone-nightly-r{12}-billing-20261121-[0-9a-f]{16}$/)
    expect(identifier).toHaveLength(60)
  })

  test('the longest prefix and key are never cut', () => {
    const identity = anIdentity({
      prefix: 'p'.repeat(16),
      key: 'k'.repeat(24),
      name: 'n'.repeat(16),
      generation: 'g'.repeat(16),
    })
    const identifier = cloneIdentifier({ repository: 'shop', identity })
    expect(identifier).toMatch(/^p{16}-k{24}-n-[0-9a-f]{16}$/)
    expect(identifier).toHaveLength(60)
  })

  test('names that differ only after the cut are different clones', () => {
    const prefix = 'p'.repeat(16)
    const key = 'k'.repeat(24)
    const [a, b] = ['nnnnnnnnnnnnnnn1', 'nnnnnnnnnnnnnnn2'].map((name) =>
      cloneIdentifier({ repository: 'shop', identity: anIdentity({ prefix, key, name }) }),
    )
    expect(a).not.toBe(b)
  })

  const prefixes = ['c', 'clone', 'preview2', 'p234567890123456']
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
                const incarnation = 1 + (Math.floor(index / prefixes.length) % 2)
                const prefix = prefixes[index % prefixes.length] ?? ''
                const identity = { server, repositoryId, prefix, key, name, generation, incarnation }
                const identifier = cloneIdentifier({ repository, identity })
                const label = JSON.stringify({ repository, ...identity, identifier })
                const hash = identifier.slice(-16)
                if (
                  identifier.length > 60 ||
                  writerIdentifier(identifier).length > 63 ||
                  !/^[a-z](-?[a-z0-9])*$/.test(identifier) ||
                  !identifier.startsWith(`${prefix}-${key}-`) ||
                  !isWellFormed(identity) ||
                  !isIdentifierOf(identifier, identity)
                )
                  throw new Error(`not a valid identifier: ${label}`)
                // The same identity has one hash whatever the repository is called; another identity has another one.
                const owner = JSON.stringify(identity)
                if ((taken.get(hash) ?? owner) !== owner)
                  throw new Error(`collides with ${taken.get(hash) ?? ''}: ${label}`)
                taken.set(hash, owner)
                made += 1
              }
    expect(made).toBe(
      servers.length * 3 * keys.length * names.length * generations.length * repositories.length,
    )
    expect(taken.size).toBe(
      servers.length * 3 * keys.length * names.length * generations.length * prefixes.length * 2,
    )
  })

  test('ten thousand pull requests never collide', () => {
    const identifiers = new Set(
      Array.from({ length: 10_000 }, (_, index) =>
        cloneIdentifier({
          repository: 'shop',
          identity: anIdentity({ key: `pr-${index + 1}` }),
        }),
      ),
    )
    expect(identifiers.size).toBe(10_000)
  })
})

test('the writer of a clone', () => {
  expect(writerIdentifier('clone-pr-42-shop-2deea4d997059a7e')).toBe('clone-pr-42-shop-2deea4d997059a7e-1')
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

describe('what no run of this action writes', () => {
  test.each<[string, Parameters<typeof anIdentity>[0]]>([
    ['no server', { server: '' }],
    ['a server in capitals', { server: 'GitHub.com' }],
    ['a server with a path', { server: 'github.com/acme' }],
    ['no repository', { repositoryId: '' }],
    ['a repository by its name', { repositoryId: 'acme/shop' }],
    ['a repository with a leading zero', { repositoryId: '04711' }],
    ['no prefix', { prefix: '' }],
    ['a prefix of two words', { prefix: 'my-clone' }],
    ['a prefix that begins with a digit', { prefix: '1clone' }],
    ['a long prefix', { prefix: 'p'.repeat(17) }],
    ['no key', { key: '' }],
    ['a key like a pull request’s', { key: 'pr' }],
    ['a pull request without a number', { key: 'pr-' }],
    ['a pull request with a word for a number', { key: 'pr-42-evil1' }],
    ['pull request 0', { key: 'pr-0' }],
    ['a key with two hyphens', { key: 'nightly--eu' }],
    ['a key with a hyphen at its end', { key: 'nightly-' }],
    ['a key in capitals', { key: 'Nightly' }],
    ['a long key', { key: 'k'.repeat(25) }],
    ['a name with a space', { name: 'a b' }],
    ['a long name', { name: 'n'.repeat(17) }],
    ['a generation with a line break', { generation: '1\n2' }],
    ['a long generation', { generation: 'g'.repeat(17) }],
  ])('%s', (_, overrides) => {
    expect(isWellFormed(anIdentity(overrides))).toBe(false)
  })

  test.each<Parameters<typeof anIdentity>[0]>([
    {},
    { server: 'localhost:8080' },
    { server: '2001:db8::1' },
    { key: 'pr-9999999999' },
    { key: 'preview' },
    { key: 'k'.repeat(24), name: 'n'.repeat(16), generation: 'g'.repeat(16), prefix: 'p'.repeat(16) },
  ])('%j is well formed', (overrides) => {
    expect(isWellFormed(anIdentity(overrides))).toBe(true)
  })
})
