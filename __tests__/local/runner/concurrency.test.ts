import { describe, expect, test } from '@jest/globals'
import {
  type Claim,
  EMPTY_GROUP,
  enterGroup,
  type Group,
  groupKey,
  leaveGroup,
  MAX_PENDING,
  type Queue,
} from '../../../local/runner/concurrency.ts'

/** `+3 max` enters, `-3` leaves; what happens is written as `start 3` and `cancel 3`. */
function play(script: readonly string[]): { readonly happened: readonly string[]; readonly group: Group } {
  let group = EMPTY_GROUP
  const happened: string[] = []
  for (const [at, line] of script.entries()) {
    const { id = '', kind, sign } = /^(?<sign>[+-])(?<id>\d+) ?(?<kind>.*)$/.exec(line)?.groups ?? {}
    const claim = claimOf(Number(id), { kind: kind ?? '', at })
    const transition = sign === '+' ? enterGroup(group, claim) : leaveGroup(group, Number(id))
    group = transition.group
    if (transition.started !== undefined) happened.push(`start ${transition.started.id}`)
    happened.push(...transition.cancelled.map((cancelled) => `cancel ${cancelled.id}`))
  }
  return { happened, group }
}

function claimOf(id: number, { kind, at }: { readonly kind: string; readonly at: number }): Claim {
  const queue: Queue = kind.startsWith('max') ? 'max' : 'single'
  const since = /since (\d+)/.exec(kind)?.[1]
  return { id, queue, cancelInProgress: kind.includes('cancel'), waitingSince: Number(since ?? at) }
}

function ids({ holder, pending }: Group): readonly (number | undefined)[] {
  return [holder?.id, ...pending.map(({ id }) => id)]
}

test.each<[string, string[], string[], (number | undefined)[]]>([
  ['the first one starts', ['+1'], ['start 1'], [1]],
  ['one waits', ['+1', '+2'], ['start 1'], [1, 2]],
  [
    'single: a newer one takes the place of the one that waits',
    ['+1', '+2', '+3'],
    ['start 1', 'cancel 2'],
    [1, 3],
  ],
  ['the one that waits starts when the other has left', ['+1', '+2', '-1'], ['start 1', 'start 2'], [2]],
  ['max: all wait', ['+1 max', '+2 max', '+3 max', '+4 max'], ['start 1'], [1, 2, 3, 4]],
  [
    'max: first come, first served',
    ['+1 max', '+2 max', '+3 max', '-1', '-2'],
    ['start 1', 'start 2', 'start 3'],
    [3],
  ],
  [
    'max: by the time of starting to wait, not of arriving here',
    ['+1 max', '+2 max since 50', '+3 max since 40', '-1'],
    ['start 1', 'start 3'],
    [3, 2],
  ],
  ['one that gives up waiting', ['+1 max', '+2 max', '+3 max', '-2', '-1'], ['start 1', 'start 3'], [3]],
  ['leaving twice changes nothing', ['+1', '+2', '-1', '-1'], ['start 1', 'start 2'], [2]],
  [
    'cancel-in-progress: the holder stays until it has left',
    ['+1', '+2 cancel'],
    ['start 1', 'cancel 1'],
    [1, 2],
  ],
  ['cancel-in-progress: and then', ['+1', '+2 cancel', '-1'], ['start 1', 'cancel 1', 'start 2'], [2]],
  [
    'cancel-in-progress: the one that waits as well as the holder',
    ['+1', '+2', '+3 cancel'],
    ['start 1', 'cancel 2', 'cancel 1'],
    [1, 3],
  ],
  ['cancel-in-progress in a free group', ['+1 cancel'], ['start 1'], [1]],
  [
    'a single one clears the whole queue',
    ['+1 max', '+2 max', '+3 max', '+4'],
    ['start 1', 'cancel 2', 'cancel 3'],
    [1, 4],
  ],
  ['the last one leaves', ['+1', '-1'], ['start 1'], [undefined]],
])('%s', (_name, script, happened, left) => {
  const played = play(script)
  expect(played.happened).toEqual(happened)
  expect(ids(played.group)).toEqual(left)
})

describe('queue: max', () => {
  const full = ['+1 max', ...Array.from({ length: MAX_PENDING }, (_, index) => `+${index + 2} max`)]

  test('is full with a hundred that wait: the next one is cancelled', () => {
    expect(play(full).happened).toEqual(['start 1'])
    const { group, happened } = play([...full, '+500 max'])
    expect(happened).toEqual(['start 1', 'cancel 500'])
    expect(group.pending).toHaveLength(MAX_PENDING)
  })

  test('has room again when one started', () => {
    expect(play([...full, '-1', '+500 max']).happened).toEqual(['start 1', 'start 2'])
  })

  test('does not go with cancel-in-progress', () => {
    expect(() => play(['+1 max cancel'])).toThrow(
      "'cancel-in-progress: true' is not allowed together with 'queue: max'",
    )
  })
})

test('groups are those of a repository, whatever the case', () => {
  expect(groupKey('acme/shop', 'Prod')).toBe(groupKey('Acme/Shop', 'prod'))
  expect(groupKey('acme/shop', 'prod')).not.toBe(groupKey('acme/toys', 'prod'))
})
