import { ENGINES, type Engine } from './team.ts'

// What the programs of the local cloud read from their command lines; each throws what is wrong with it.

export function parseEngine(text: string): Engine {
  const engine = ENGINES.find((name) => name === text)
  if (engine === undefined) throw new Error(`--engine is ${ENGINES.join(' or ')}, got "${text}"`)
  return engine
}

export function parseSpeed(text: string, max: number): number {
  const speed = Number(text)
  if (!(speed >= 1 && speed <= max)) throw new Error(`--speed is a number from 1 to ${max}, got "${text}"`)
  return speed
}

/** An input of the action. */
export function parseInput(text: string): readonly [name: string, value: string] {
  const separator = text.indexOf('=')
  if (separator < 1) throw new Error(`an input is <name>=<value>, such as max-acu=8, got "${text}"`)
  return [text.slice(0, separator), text.slice(separator + 1)]
}
