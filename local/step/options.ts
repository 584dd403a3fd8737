import { parseArgs } from 'node:util'
import { parseInput } from '../program.ts'
import { DEEDS, type Deed } from '../serve/control.ts'
import { suggestions } from '../serve/suggestions.ts'

export interface StepOptions {
  readonly deed: Deed
  readonly inputs: Readonly<Record<string, string>>
}

export const HELP = `npm run step -- <event> <input>=<value> ...

Runs one step of a workflow with the action, dist/index.js, against the local cloud that \`npm run local\` left running;
what that printed must be exported here.

  <event>            what happens to the pull request before: ${DEEDS.join(', ')};
                     what has happened to it already is played again, as a run that is started again
  <input>=<value>    an input of action.yml, as a workflow has it below \`with:\`

${suggestions('2 minutes unless `npm run local` has another --speed')
  .map(({ what, commands }) => [what, ...commands.map((command) => `  ${command}`)].join('\n'))
  .join('\n\n')}
`

/** Throws what is wrong with the arguments. */
export function readOptions(args: readonly string[]): StepOptions {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true })
  const [event = '', ...inputs] = positionals
  const deed = DEEDS.find((name) => name === event)
  if (deed === undefined) throw new Error(`the event is ${DEEDS.join(', ')}, got "${event}"`)
  return { deed, inputs: Object.fromEntries(inputs.map(parseInput)) }
}
