import { cpus } from 'node:os'
import { basename } from 'node:path'
import type { BenchOptions } from './options.ts'

/** How the figures came about, and what they do not say. Printed with them: a figure without it is worth nothing. */
export function notesOn(
  options: BenchOptions,
  scripts: { readonly version: string } | { readonly missingBecause: string },
): readonly string[] {
  const processors = cpus()
  const machine = `${processors.length} × ${processors[0]?.model.trim() ?? 'processor'}`
  const hasPublished = options.situations.includes('published')
  return [
    `${options.rounds === 1 ? 'One round' : `${options.rounds} rounds`} after one that was not counted, everybody in each, in turning order. Cells: median (lowest–highest); ratios: median of the rounds' own ratios (of waiting: ratio of the medians); below 1.00× the action is ahead.`,
    `${machine}, ${process.platform}-${process.arch}, ${basename(process.execPath)} ${process.version}. Other machines have other milliseconds; the ratios travel better.`,
    'Times count from the moment before the process is started. The network is loopback, where a call takes a few milliseconds. STS is not counted.',
    'Of the action everything counts: it also reads the pull request, keeps a comment and checks tags. The scripts do nothing on GitHub.',
    ...(hasPublished ? publishedNotes(options) : []),
    ...('version' in scripts
      ? scriptNotes(options, scripts.version)
      : [`The scripts with the AWS CLI and boto3 are left out: ${scripts.missingBecause}.`]),
    'Peak memory: of the largest process of each, in runs of their own that are not timed.',
  ]
}

function scriptNotes({ situations }: BenchOptions, version: string): readonly string[] {
  const destroy =
    'destroy: the scripts wait for the instance to be gone before they delete the cluster. AWS takes minutes for that; here it takes none, in their favour.'
  return [
    `The scripts stand in local/bench/contenders and ran with ${version}. They look up the subnet group and the security groups of the source, and else do what they are told: no tags are checked, no clone's life is extended, no pull request is read.`,
    ...(situations.includes('destroy') ? [destroy] : []),
  ]
}

function publishedNotes({ speed }: BenchOptions): readonly string[] {
  const scale =
    speed === 1
      ? 'Nothing is scaled: seconds are real seconds, everybody polls as by default (the action every 9 to 10 s, the waiters every 30 s), and one clock serves all.'
      : `Scaled: the local clock ran ${speed} times faster for AWS, for the action's waiting and for the waiters' sleep, and times were multiplied by ${speed}. What a process itself takes is thereby shown ${speed} times too long.`
  return [
    `create and wait: ${scale} Only AWS's own minutes are cut short, to 2–32 s for the cluster and 7–37 s for its writer, different in each round; all rounds wait side by side.`,
    'Outputs written: the last change of GITHUB_OUTPUT for the action, the printed endpoint for the scripts.',
  ]
}
