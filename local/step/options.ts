import { parseArgs } from 'node:util'
import { parseInput } from '../arguments.ts'
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

  npm run step -- labeled mode=create source-cluster=orders-anonymised label=clone-db
`

type ReadOptions =
  | ({ readonly kind: 'step' } & StepOptions)
  | { readonly kind: 'help' }
  | { readonly kind: 'mistake'; readonly because: string }

export function readOptions(args: readonly string[]): ReadOptions {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h', default: false } },
    })
    if (values.help) return { kind: 'help' }
    const [event = '', ...inputs] = positionals
    const deed = DEEDS.find((name) => name === event)
    if (deed === undefined) throw new Error(`the event is ${DEEDS.join(', ')}, got "${event}"`)
    return { kind: 'step', deed, inputs: Object.fromEntries(inputs.map(parseInput)) }
  } catch (error) {
    return { kind: 'mistake', because: error instanceof Error ? error.message : String(error) }
  }
}
