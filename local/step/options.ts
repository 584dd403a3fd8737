import { parseArgs } from 'node:util'
import { parseInput } from '../program.ts'
import { DEEDS, type Deed } from '../serve/control.ts'

export interface StepOptions {
  readonly deed: Deed
  readonly inputs: Readonly<Record<string, string>>
}

export const HELP = `npm run step -- <event> <input>=<value> ...

Runs one step of a workflow with the action, dist/index.js, against the local cloud that \`npm run local\` left running;
what that printed must be exported here.

  <event>            what happens to the pull request before: ${DEEDS.join(', ')}
  <input>=<value>    an input of action.yml, as a workflow has it below \`with:\`

  npm run step -- labeled source-cluster=orders-anonymised label=clone-db
`

/** Throws what is wrong with the arguments. */
export function readOptions(args: readonly string[]): StepOptions {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true })
  const [event = '', ...inputs] = positionals
  const deed = DEEDS.find((name) => name === event)
  if (deed === undefined) throw new Error(`the event is ${DEEDS.join(', ')}, got "${event}"`)
  return { deed, inputs: Object.fromEntries(inputs.map(parseInput)) }
}
