import { readFileSync } from 'node:fs'

export interface PeakMemoryWatch {
  /** Of the largest process seen; undefined where there is no /proc to look at. */
  peakBytes(): number | undefined
  stop(): void
}

const LOOK_EVERY_MS = 4
/** No script has so many processes at once: whatever /proc says, looking ends. */
const MAX_PROCESSES = 100

/**
 * The kernel keeps every process's own high-water mark, so a look misses only what is added after the last one. The same for
 * everybody who is measured, whatever it is written in; `getrusage` would have to run inside.
 */
export function peakMemoryWatch(pid: number): PeakMemoryWatch {
  let peak: number | undefined
  const look = (): void => {
    for (const process of familyOf(pid)) {
      const bytes = highWaterMark(process)
      if (bytes !== undefined) peak = Math.max(peak ?? 0, bytes)
    }
  }
  const timer = setInterval(look, LOOK_EVERY_MS)
  return {
    peakBytes: () => peak,
    stop: () => {
      clearInterval(timer)
    },
  }
}

function familyOf(pid: number): readonly number[] {
  const family = [pid]
  for (const member of family) {
    if (family.length > MAX_PROCESSES) break
    const children = readProc(`/proc/${member}/task/${member}/children`)
    family.push(...(children ?? '').split(' ').filter(Boolean).map(Number))
  }
  return family
}

/** proc_pid_status(5): VmHWM, in kB. */
function highWaterMark(pid: number): number | undefined {
  const kilobytes = /^VmHWM:\s+(?<kilobytes>\d+) kB$/m.exec(readProc(`/proc/${pid}/status`) ?? '')?.groups?.[
    'kilobytes'
  ]
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1_024
}

/** Nothing where the process has ended meanwhile, and on systems without /proc. */
function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
