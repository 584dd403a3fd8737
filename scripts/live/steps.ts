import { backtrack } from './backtrack.ts'
import {
  type Memory,
  deleteFirst,
  firstAnswer,
  secondAtOnce,
  unknownCluster,
  untilAvailable,
  writerAtOnce,
} from './first-clone.ts'
import { freshRow, makeSecret, modify, pauseAndResume, rotatePassword } from './own-password.ts'
import { replication } from './replication.ts'
import type { Finding, Script } from './script.ts'
import { slots } from './slots.ts'
import { emptySource, foreignKey, gateway, setUp, stoppedSource } from './sources.ts'
import type { Stage } from './stage.ts'
import { deleteWithoutSnapshots, rename, tagsCount } from './tags.ts'

export interface Step {
  /** Of the thirteen in docs/live-test.md; 0 sets up. */
  readonly number: number
  readonly name: string
  /** Why it is left out, if it is. */
  readonly leftOut?: (stage: Stage) => string | undefined
  readonly play: (stage: Stage, memory: Memory) => Script<readonly Finding[]>
}

/** In this order: those that follow each other at once come first, and those that take the source away last. */
export const STEPS: readonly Step[] = [
  { number: 0, name: 'Set up', play: setUp },
  { number: 1, name: 'Ask for the instances of an unknown cluster', play: unknownCluster },
  { number: 2, name: 'Clone the source, and read the first answer', play: firstAnswer },
  { number: 3, name: 'Create the writer at once', play: writerAtOnce },
  { number: 4, name: 'Clone the source once more at once', play: secondAtOnce },
  { number: 3, name: 'Look until the writer is available', play: untilAvailable },
  { number: 10, name: 'Let RDS make the secret', play: makeSecret },
  { number: 2, name: 'Look for the row that was written last', play: freshRow },
  { number: 10, name: 'Rotate the password', play: rotatePassword },
  { number: 10, name: 'Let it pause', play: pauseAndResume },
  { number: 10, name: 'Modify it', play: modify },
  { number: 5, name: 'Delete the clone', play: deleteFirst },
  { number: 11, name: 'See when tags count', play: tagsCount },
  { number: 11, name: 'Rename a clone', play: rename },
  { number: 5, name: 'Delete a clone without a right to snapshots', play: deleteWithoutSnapshots },
  {
    number: 7,
    name: 'Clone with a key',
    leftOut: ({ kmsKeyId }) => (kmsKeyId === '' ? 'no key was given' : undefined),
    play: foreignKey,
  },
  {
    number: 8,
    name: 'Clone with Backtrack',
    leftOut: ({ withMysql }) => (withMysql ? undefined : 'there is no source of Aurora MySQL'),
    play: backtrack,
  },
  { number: 9, name: 'Clone with an internet access gateway', play: gateway },
  {
    number: 13,
    name: 'Leave a clone with logical replication alone',
    leftOut: ({ replicationGroup }) => (replicationGroup === '' ? 'no parameter group was given' : undefined),
    play: replication,
  },
  {
    number: 12,
    name: 'Make sixteen clones',
    leftOut: ({ withSlots }) => (withSlots ? undefined : 'it was not asked for'),
    play: slots,
  },
  { number: 6, name: 'Clone a stopped source', play: stoppedSource },
  { number: 6, name: 'Clone a source without an instance', play: emptySource },
]
