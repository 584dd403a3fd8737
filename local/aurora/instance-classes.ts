import { invalidCombination, invalidValue } from './aws-fault.ts'

const CLASS =
  /^db\.(?:serverless|(?<family>[a-z]\d+[a-z]*)\.(?<size>micro|small|medium|large|xlarge|\d{1,2}xlarge))$/

const AURORA_FAMILIES: ReadonlySet<string> = new Set([
  't2',
  't3',
  't4g',
  'r3',
  'r4',
  'r5',
  'r6g',
  'r6gd',
  'r6i',
  'r6id',
  'r7g',
  'r7i',
  'r8a',
  'r8g',
  'x2g',
])

/** Burstable classes of Aurora begin at medium; Aurora MySQL alone has the small t2 and t3. */
function isOffered({ family, size, engine }: { family: string; size: string; engine: string }): boolean {
  if (!AURORA_FAMILIES.has(family) || size === 'micro') return false
  if (!family.startsWith('t')) return !['small', 'medium'].includes(size)
  if (engine === 'aurora-mysql') return family === 't4g' ? size !== 'small' : true
  return family !== 't2' && size !== 'small'
}

/** [aurora §5.2] */
export function checkInstanceClass(instanceClass: string, engine: string): void {
  const match = CLASS.exec(instanceClass)
  if (match === null) throw invalidValue(`Invalid DB Instance class: ${instanceClass}`)
  const { family, size } = match.groups ?? {}
  if (family === undefined || size === undefined) return
  if (!isOffered({ family, size, engine })) {
    throw invalidCombination(
      `RDS does not support creating a DB instance with the following combination: DBInstanceClass=${instanceClass}, Engine=${engine}`,
    )
  }
}
