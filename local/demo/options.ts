import { parseArgs } from 'node:util'
import { parseEngine, parseInput, parseSpeed } from '../program.ts'
import { ENGINES, type Engine } from '../team.ts'

export interface DemoOptions {
  readonly engine: Engine
  /** Inputs for the `create` steps, beside the story's own. */
  readonly inputs: Readonly<Record<string, string>>
  readonly isPublic: boolean
  readonly speed: number
  /** Real database servers behind the endpoints. */
  readonly databases: boolean
  /** Leave the local cloud running at the end. */
  readonly keep: boolean
  /** Through the companion workflow and the sweep, as a team has pasted them, instead of single steps. */
  readonly workflow: boolean
  /** The story of a source with personal data instead. */
  readonly sanitize: boolean
}

const DEFAULT_SPEED = 30
/** That story has three clones. */
const DEFAULT_SPEED_SANITIZE = 60
/** Beyond it the milliseconds of the real machine look like minutes of AWS. */
const MAX_SPEED = 200

export const HELP = `npm run demo -- [options]

Plays a pull request's life through the action, against AWS and GitHub doubles on this machine.

  --engine <engine>      ${ENGINES.join(' or ')} (default ${ENGINES[0]})
  --class <class>        instance class of the clone, such as db.r6g.large (default db.serverless)
  --with <name>=<value>  any other input of action.yml for the create steps, such as max-acu=8; may be repeated
  --public               a public repository: the comment then shows the state and nothing of the database
  --speed <number>       how many times faster than real time the local clock runs, 1 to ${MAX_SPEED} (default ${DEFAULT_SPEED}, with --sanitize ${DEFAULT_SPEED_SANITIZE})
  --no-databases         endpoints are only names: no database servers are started
  --workflow             through the workflow files of the README's quick start, and not step by step
  --sanitize             a source with personal data, and clones that are sanitised before anybody gets them
  --keep                 leave the local cloud running at the end, and say how the AWS CLI gets to it
  --help                 this text
`

/** Throws what is wrong with the arguments. */
export function readOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      engine: { type: 'string', default: ENGINES[0] },
      class: { type: 'string' },
      with: { type: 'string', multiple: true, default: [] },
      public: { type: 'boolean', default: false },
      speed: { type: 'string' },
      databases: { type: 'boolean', default: true },
      keep: { type: 'boolean', default: false },
      workflow: { type: 'boolean', default: false },
      sanitize: { type: 'boolean', default: false },
    },
  })
  const others = values.with.length > 0 || values.class !== undefined || values.keep
  if (values.workflow && others)
    throw new Error('--workflow plays the files as they are: it goes with none of --class, --with and --keep')
  if (values.sanitize && (others || values.workflow || !values.databases))
    throw new Error(
      '--sanitize needs databases, and has inputs of its own: it goes with none of --class, --with, --keep, --workflow and --no-databases',
    )
  const speed = values.speed ?? String(values.sanitize ? DEFAULT_SPEED_SANITIZE : DEFAULT_SPEED)
  return {
    engine: parseEngine(values.engine),
    inputs: {
      ...(values.class === undefined ? {} : { 'instance-class': values.class }),
      ...Object.fromEntries(values.with.map(parseOtherInput)),
    },
    isPublic: values.public,
    speed: parseSpeed(speed, MAX_SPEED),
    databases: values.databases,
    keep: values.keep,
    workflow: values.workflow,
    sanitize: values.sanitize,
  }
}

function parseOtherInput(text: string): readonly [name: string, value: string] {
  const input = parseInput(text)
  if (input[0] === 'mode')
    throw new Error('--with cannot change the mode: each step of the story has its own')
  return input
}
