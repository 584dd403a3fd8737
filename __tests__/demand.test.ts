import { describe, expect, test } from '@jest/globals'
import {
  type DestroyScope,
  type PullRequestReading,
  abandonedScope,
  autoGoal,
  demandOf,
  destroyScope,
  hasLabel,
  isInScope,
  unreadablePullRequest,
  unwantedScope,
} from '../src/demand.ts'

const open = (...labels: readonly string[]) => ({ kind: 'open', labels, fromFork: false }) as const
const closed = (...labels: readonly string[]) => ({ kind: 'closed', labels, fromFork: false }) as const
const UNREADABLE = { kind: 'unreadable', because: 'HTTP 404' } as const
const WANTED = { kind: 'wanted' } as const

describe('demandOf: the pull request as it is now decides', () => {
  test.each([
    ['open, no label asked for', open(), undefined, WANTED],
    ['open, with the label', open('bug', 'clone-db'), 'clone-db', WANTED],
    ['open, with the label in capitals', open('Clone-DB'), 'clone-db', WANTED],
    ['open, without the label', open('bug'), 'clone-db', { kind: 'unwanted', reason: 'label-missing' }],
    [
      'open, with a longer label',
      open('clone-db-2'),
      'clone-db',
      { kind: 'unwanted', reason: 'label-missing' },
    ],
    ['closed', closed(), undefined, { kind: 'unwanted', reason: 'pull-request-closed' }],
    [
      'closed: labels survive a merge and ask for nothing',
      closed('clone-db'),
      'clone-db',
      { kind: 'unwanted', reason: 'pull-request-closed' },
    ],
    ['unreadable', UNREADABLE, 'clone-db', { kind: 'unknown', because: 'HTTP 404' }],
    ['unreadable, no label asked for', UNREADABLE, undefined, { kind: 'unknown', because: 'HTTP 404' }],
  ])('%s', (_, reading, label, demand) => {
    expect(demandOf(reading, label)).toEqual(demand)
  })
})

describe('hasLabel', () => {
  test.each([
    [['clone-db'], 'clone-db', true],
    [['CLONE-DB'], 'clone-db', true],
    [[], 'clone-db', false],
    [['db!'], 'db!', true],
    [['db?'], 'db!', false],
    // sha256 of `db!` begins so: what a tag keeps of the label is compared with the label itself.
    [['DB!'], 'db-.0f422dd6', true],
  ])('%j has %s: %s', (labels, label, expected) => {
    expect(hasLabel(labels, label)).toBe(expected)
  })
})

const ALL = { kind: 'all' } as const
const NOTHING = { kind: 'nothing' } as const
const made = (label: string) => ({ kind: 'label', label }) as const

describe('destroyScope', () => {
  test.each([
    ['closed: everything that it owns', closed('clone-db'), 'closed', undefined, undefined, ALL],
    [
      'closed: everything, whatever today’s inputs say',
      closed('clone-db'),
      'closed',
      undefined,
      'clone-db',
      ALL,
    ],
    ['closed by another event’s run', closed(), 'synchronize', undefined, 'clone-db', ALL],
    ['closed, and unlabelled later', closed(), 'unlabeled', 'clone-db', 'clone-db', ALL],
    ['unlabelled: those made for the label', open(), 'unlabeled', 'clone-db', 'clone-db', made('clone-db')],
    [
      // Every other label of the pull request can be taken away without any harm to its clones.
      'unlabelled, no label configured: those made for the label that was taken away, not all',
      open(),
      'unlabeled',
      'bug',
      undefined,
      made('bug'),
    ],
    ['unlabelled, and labelled again since', open('clone-db'), 'unlabeled', 'clone-db', 'clone-db', NOTHING],
    [
      'unlabelled, and labelled again since, no label configured',
      open('bug'),
      'unlabeled',
      'bug',
      undefined,
      NOTHING,
    ],
    ['another label was taken away', open('clone-db'), 'unlabeled', 'bug', 'clone-db', NOTHING],
    [
      'another label was taken away, and ours is missing too',
      open(),
      'unlabeled',
      'bug',
      'clone-db',
      made('clone-db'),
    ],
    ['closed, and reopened since', open(), 'closed', undefined, undefined, NOTHING],
    [
      'closed, and reopened since, with the label',
      open('clone-db'),
      'closed',
      undefined,
      'clone-db',
      NOTHING,
    ],
    [
      'closed, and reopened since without the label',
      open(),
      'closed',
      undefined,
      'clone-db',
      made('clone-db'),
    ],
    ['asked for by hand', open('clone-db'), '', undefined, undefined, ALL],
    ['asked for by hand, with a label', open('clone-db'), '', undefined, 'clone-db', made('clone-db')],
    ['asked for by a comment', open('clone-db'), 'created', undefined, undefined, ALL],
    [
      'unreadable: nobody knows',
      UNREADABLE,
      'closed',
      undefined,
      'clone-db',
      { kind: 'unknown', because: 'HTTP 404' },
    ],
  ])('%s', (_, reading, eventAction, eventLabel, label, scope) => {
    expect(destroyScope({ reading, label, eventAction, eventLabel })).toEqual(scope)
  })
})

describe('autoGoal', () => {
  const READY = { kind: 'ready' } as const
  const UNKNOWN = { kind: 'unknown', because: 'HTTP 404' } as const
  test.each([
    ['open, with the label', open('clone-db'), 'clone-db', 'labeled', READY],
    ['open, no label configured', open(), undefined, 'synchronize', READY],
    // The event is old news: the label is back.
    ['unlabelled, and labelled again since', open('clone-db'), 'clone-db', 'unlabeled', READY],
    ['closed, and reopened since', open('clone-db'), 'clone-db', 'closed', READY],
    [
      'open, without the label',
      open('bug'),
      'clone-db',
      'synchronize',
      { kind: 'gone', reason: 'label-missing' },
    ],
    ['closed', closed('clone-db'), 'clone-db', 'closed', { kind: 'gone', reason: 'pull-request-closed' }],
    [
      'closed, and a late push',
      closed('clone-db'),
      undefined,
      'synchronize',
      { kind: 'gone', reason: 'pull-request-closed' },
    ],
    ['unreadable: what is there is published', UNREADABLE, 'clone-db', 'synchronize', READY],
    ['unreadable, by hand', UNREADABLE, 'clone-db', '', READY],
    ['unreadable after a closing', UNREADABLE, 'clone-db', 'closed', UNKNOWN],
    ['unreadable after an unlabelling', UNREADABLE, 'clone-db', 'unlabeled', UNKNOWN],
  ])('%s', (_, reading, label, eventAction, goal) => {
    expect(autoGoal({ reading, label, eventAction })).toEqual(goal)
  })
})

test.each([
  ['closed: everything', closed('clone-db'), ALL],
  ['open: what lost its label', open('bug'), { kind: 'labels-lost', labels: ['bug'] }],
  ['unreadable: nobody knows', UNREADABLE, { kind: 'unknown', because: 'HTTP 404' }],
])('abandonedScope, %s', (_, reading, scope) => {
  expect(abandonedScope(reading)).toEqual(scope)
})

describe('unwantedScope: what goes once nobody wants the clone', () => {
  test.each<[string, PullRequestReading, string | undefined, DestroyScope]>([
    ['closed, asked for without a label: everything', closed('clone-db'), undefined, ALL],
    ['closed, asked for with a label: everything', closed('clone-db'), 'clone-db', ALL],
    ['closed and without the label: everything', closed(), 'clone-db', ALL],
    ['open, without the label: those made for it', open('bug'), 'clone-db', made('clone-db')],
    ['open, without any label: those made for it', open(), 'Clone DB', made('Clone DB')],
    ['open, with the label', open('bug', 'Clone-DB'), 'clone-db', NOTHING],
    ['open, asked for without a label', open(), undefined, NOTHING],
    ['open, asked for without a label, whatever labels it has', open('bug'), undefined, NOTHING],
    ['unreadable: nobody knows', UNREADABLE, 'clone-db', { kind: 'unknown', because: 'HTTP 404' }],
    [
      'unreadable, asked for without a label: nobody knows',
      UNREADABLE,
      undefined,
      { kind: 'unknown', because: 'HTTP 404' },
    ],
  ])('%s', (_, reading, label, scope) => {
    expect(unwantedScope(reading, label)).toEqual(scope)
  })

  test.each<[string, PullRequestReading, string | undefined]>([
    ['closed', closed(), 'clone-db'],
    ['closed, without a label', closed(), undefined],
    ['its label taken off', open(), 'clone-db'],
    ['labelled', open('clone-db'), 'clone-db'],
    ['unreadable', UNREADABLE, 'clone-db'],
  ])('something goes just when the pull request does not want it: %s', (_, reading, label) => {
    const isUnwanted = demandOf(reading, label).kind === 'unwanted'
    expect(isInScope(label, unwantedScope(reading, label))).toBe(isUnwanted)
  })
})

describe('isInScope', () => {
  const lost = (...labels: readonly string[]): DestroyScope => ({ kind: 'labels-lost', labels })
  test.each<[string, string | undefined, DestroyScope, boolean]>([
    ['everything, made for a label', 'clone-db', ALL, true],
    ['everything, made for none', undefined, ALL, true],
    ['made for the label', 'clone-db', made('Clone-DB'), true],
    ['made for another', 'preview', made('clone-db'), false],
    ['made for none', undefined, made('clone-db'), false],
    ['its label was lost', 'clone-db', lost('bug'), true],
    ['its label was lost with all others', 'clone-db', lost(), true],
    ['its label is there', 'clone-db', lost('bug', 'Clone-DB'), false],
    // The tag keeps what a tag may hold of the label `db!`.
    ['its label is there, as a tag has it', 'db-.0f422dd6', lost('DB!'), false],
    ['there is no label that it could lose', undefined, lost(), false],
    ['nothing', 'clone-db', NOTHING, false],
    ['unknown', 'clone-db', { kind: 'unknown', because: 'HTTP 404' }, false],
  ])('%s', (_, madeFor, scope, expected) => {
    expect(isInScope(madeFor, scope)).toBe(expected)
  })
})

test('a pull request that is unreadable: what to do', () => {
  expect(unreadablePullRequest(42, 'the IP allow list of the organization does not have it')).toMatchObject({
    remedy: expect.stringContaining('IP allow list of the GitHub organization'),
  })
  expect(unreadablePullRequest(42, 'HTTP 404')).toMatchObject({
    title: 'Pull request cannot be read',
    what: 'Pull request #42 could not be read (HTTP 404), so nothing more was created or deleted for it.',
    remedy: expect.stringContaining('pull-requests: write'),
  })
})
