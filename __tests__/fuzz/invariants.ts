import type { AwsRequestRecord } from '../../local/aurora/requests.ts'
import { OUTPUTS } from '../../src/contract.ts'
import { PWNED } from './cases.ts'
import { CLONE, RENAMED } from './fixture.ts'
import type { Played } from './play.ts'

/** Beyond the run's own limit: a call under way, the comments of a sweep. */
const BEYOND_LIMIT_MS = 4 * 60_000
const MAX_PAGES = 100
const MAX_ANNOTATION = 4_096
const MAX_COMMENT = 65_536
const MAX_SUMMARY = 1_024 * 1_024

/** Whatever comes from outside, none of these may happen. Each broken one in words; none where all hold. */
export function brokenInvariants(played: Played): readonly string[] {
  return [
    ...touchedForeign(played),
    ...deletedKept(played),
    ...deletedUnseen(played),
    ...endedBadly(played),
    ...toldSecrets(played),
    ...spokeNonsense(played),
    ...wroteTooMuch(played),
    ...gaveBadOutputs(played),
    ...claimedUntruth(played),
  ]
}

const reach = ({ operation, clusters }: AwsRequestRecord): string => `${operation} ${clusters.join(', ')}`

function touchedForeign({ requests, fixture }: Played): readonly string[] {
  return requests
    .filter(({ mutating, clusters }) => mutating && clusters.some((name) => fixture.foreign.has(name)))
    .map((request) => `foreign cluster changed: ${reach(request)}`)
}

function deletedKept({ requests, fixture, fuzz }: Played): readonly string[] {
  // A person's word lets a hold go.
  const isLetGo = ![undefined, 'true', ''].includes(fuzz.inputs['hold'])
  return requests
    .filter(
      ({ operation, clusters }) =>
        operation.startsWith('Delete') &&
        clusters.some((name) => fixture.kept.has(name) && !(isLetGo && fixture.held.has(name))),
    )
    .map((request) => `held or protected clone deleted: ${reach(request)}`)
}

/** Every deletion follows a look at that very cluster, and what people did before that look counts. */
function deletedUnseen({ requests, hand, fuzz }: Played): readonly string[] {
  return requests.flatMap((request, index) => {
    if (!request.operation.startsWith('Delete')) return []
    const [name] = request.clusters
    if (name === undefined) return []
    const looked = name === RENAMED ? CLONE : name
    const look = requests.findLastIndex(
      ({ operation, input }, at) =>
        at < index && operation === 'DescribeDBClusters' && input['DBClusterIdentifier'] === looked,
    )
    if (look === -1) return [`deleted without a look at it: ${reach(request)}`]
    if (looked !== CLONE) return []
    return hand
      .filter(({ act, before }) => before <= look && isProtection(act, fuzz))
      .map(({ act }) => `deleted although ${act} came before the last look: ${reach(request)}`)
  })
}

function isProtection(act: Played['hand'][number]['act'], { inputs }: Played['fuzz']): boolean {
  if (act === 'hold') return [undefined, 'true', ''].includes(inputs['hold'])
  return act === 'protect' || act === 'rename' || act === 'swap'
}

function endedBadly({
  result,
  isStuck,
  requests,
  rejections,
  elapsedMs,
  limitMs,
}: Played): readonly string[] {
  const errors = result.annotations.filter(({ level }) => level === 'error').length
  return [
    ...(errors === (result.exitCode === 0 ? 0 : 1) && (result.exitCode === 0 || result.exitCode === 1)
      ? []
      : [`exit code ${String(result.exitCode)} with ${errors} errors`]),
    ...(isStuck ? ['never ended'] : []),
    ...(longestListing(requests) <= MAX_PAGES ? [] : [`a listing of ${longestListing(requests)} pages`]),
    ...(isStuck || elapsedMs <= limitMs + BEYOND_LIMIT_MS
      ? []
      : [`took ${Math.round(elapsedMs / 1_000)} s of ${Math.round(limitMs / 1_000)} s`]),
    ...rejections.map((reason) => `unhandled rejection: ${String(reason)}`),
  ]
}

/** Pages that follow one another, each with the marker that the one before it gave. */
function longestListing(requests: readonly AwsRequestRecord[]): number {
  let [longest, length] = [0, 0]
  for (const { operation, input } of requests) {
    if (operation !== 'DescribeDBClusters') continue
    length = input['Marker'] === undefined ? 1 : length + 1
    longest = Math.max(longest, length)
  }
  return longest
}

interface Text {
  readonly where: string
  readonly text: string
}

/** Everything that people can read. */
function texts({ result, comments }: Played): readonly Text[] {
  return [
    { where: 'log', text: result.log },
    { where: 'summary', text: result.summary },
    ...result.annotations.map(({ title = '', message }) => ({
      where: 'annotation',
      text: `${title}: ${message}`,
    })),
    ...comments.map((text) => ({ where: 'comment', text })),
  ]
}

function toldSecrets(played: Played): readonly string[] {
  const { result, secrets } = played
  const files = [result.outputs, result.exportedEnv].map((values) => ({
    where: 'file',
    text: Object.values(values).join('\n'),
  }))
  // As the process wrote it, the masks themselves left out: also lines for debugging.
  const raw = { where: 'stdout', text: result.stdout.replaceAll(/^::add-mask::.*$/gm, '') }
  return [...texts(played), ...files, raw].flatMap(({ where, text }) =>
    secrets
      .filter((secret) => text.includes(secret) || text.includes(secret.slice(0, 40)))
      .map((secret) => `secret in ${where}: ${secret.slice(0, 8)}…`),
  )
}

const NONSENSE = /.{0,60}(?:\bundefined\b|\[object [A-Z]\w*\]|function Object|\[native code\]|\bNaN\b).{0,40}/
const STACK = /^\s+at .*:\d+:\d+\)?$/m

function spokeNonsense(played: Played): readonly string[] {
  return [
    ...texts(played).flatMap(({ where, text }) => [
      ...(NONSENSE.exec(text) ?? []).map((words) => `${where}: ${words}`),
      ...(STACK.test(text) ? [`stack trace in ${where}`] : []),
    ]),
    ...played.result.annotations
      .filter(({ message }) => message.startsWith(PWNED))
      .map(({ level }) => `${level} made by a text from outside`),
  ]
}

function wroteTooMuch({ result, comments }: Played): readonly string[] {
  return [
    ...result.annotations
      .filter(({ message }) => message.length > MAX_ANNOTATION)
      .map(({ level, message }) => `${level} of ${message.length} characters`),
    ...comments
      .filter((body) => body.length > MAX_COMMENT)
      .map((body) => `comment of ${body.length} characters`),
    ...(Buffer.byteLength(result.summary) > MAX_SUMMARY ? ['summary of more than 1 MiB'] : []),
  ]
}

function gaveBadOutputs({ result }: Played): readonly string[] {
  const patterns: Readonly<Record<string, RegExp>> = OUTPUTS
  const outputs = Object.entries(result.outputs)
    .filter(
      ([name, value]) =>
        value !== '' && !(Object.hasOwn(patterns, name) && patterns[name]?.test(value) === true),
    )
    .map(([name]) => `output ${name} has another shape`)
  const variables = Object.keys(result.exportedEnv)
    .filter((name) => !/^[A-Z][A-Z0-9_]*(?:HOST|PORT|DATABASE|USER)$/.test(name))
    .map((name) => `variable ${name} was set`)
  return [...outputs, ...variables, ...result.addedPaths.map(() => 'PATH was changed')]
}

/** Where nobody acted beside the run, what it says last of its clone is so. */
function claimedUntruth({ result, comments, region, hand }: Played): readonly string[] {
  if (hand.length > 0) return []
  const identifier = result.outputs['cluster-identifier'] ?? ''
  const cluster = region.cluster(identifier)
  const word = result.outputs['outcome']
  const last = comments.at(-1) ?? ''
  const isThere = cluster !== undefined && cluster.status !== 'deleting'
  return [
    ...(word === 'ready' && cluster?.status !== 'available'
      ? [`"ready" of a clone that is ${String(cluster?.status)}`]
      : []),
    ...(word === 'destroyed' && isThere ? ['"destroyed" of a clone that is there'] : []),
    ...(last.includes('is gone') && last.includes(CLONE) && region.cluster(CLONE)?.status === 'available'
      ? ['the comment says "gone" of a clone that is there']
      : []),
  ]
}
