import { parse } from 'yaml'
import { OWN_REPOSITORY, OWN_TAG } from '../policies/publisher.ts'

/** A workflow of ours without what GitHub Enterprise Server does not have: `queue`, `$/`, and the workflow with both. Pure. */
export function forServer(text: string): string {
  return text
    .replaceAll(/^ *queue: .*\n/gm, '')
    .replaceAll(/(?<=^ *(?:- )?uses: )\$\/\.$/gm, `${OWN_REPOSITORY}@${OWN_TAG}`)
    .replaceAll(`/pr-database.yml@${OWN_TAG}`, `/pr-database-ghes.yml@${OWN_TAG}`)
}

const GENERATED = '# Generated from pr-database.yml by `npm run docs`: change that file.\n#\n'

const ABOUT = `\
# pr-database.yml for GitHub Enterprise Server, which has neither \`queue: max\` nor \`$/\`. A server cannot call a workflow of
# github.com: copy this file into a repository of yours there, and the action, too, where GitHub Connect does not bring it.
# Runners need version 2.327.1 or later.
`

const ABOUT_GROUP = `\
    # One run at a time for each clone, and none is stopped half way. Without \`queue: max\` only one run can wait, and a newer one
    # takes its place: it reads the same live pull request, but knows nothing of a longer \`ttl\` that the other one was given. What
    # is not about this clone has a group to itself, and so never takes the place of a run that is; and so has a run with \`hold\`,
    # whose word would be lost. Beside another run, it finds or makes the same clone.
`

interface Source {
  readonly jobs: {
    readonly clone: { readonly if: string; readonly concurrency: { readonly group: string } }
  }
}

/** pr-database-ghes.yml, made of pr-database.yml. Pure. */
export function serverWorkflow(source: string): string {
  const { clone } = (parse(source) as Source).jobs
  const replacements = [
    { name: 'last paragraph about it', place: /(?<=^#\n)(?:# .*\n)+(?=name: )/m, by: ABOUT },
    { name: 'comment on its group', place: /(?:^ {4}#.*\n)+(?=^ {4}concurrency:\n)/m, by: ABOUT_GROUP },
    { name: 'group', place: /(?<=^ {6}group: ).*$/m, by: groupWithoutQueue(clone) },
  ]
  let text = source
  for (const { by, name, place } of replacements) {
    if (!place.test(text)) throw new Error(`pr-database.yml has no ${name} where it is looked for.`)
    text = text.replace(place, () => by)
  }
  return GENERATED + forServer(text)
}

/** The group for those runs alone that are about the clone and may lose their place to a newer one. */
function groupWithoutQueue({ if: condition, concurrency }: Source['jobs']['clone']): string {
  const values: string[] = []
  const pattern = concurrency.group.replaceAll(/\$\{\{ (.+?) \}\}/g, (_, value: string) => {
    values.push(value)
    return `{${values.length - 1}}`
  })
  const group = `format('${pattern}', ${values.join(', ')})`
  return `\${{ !inputs.hold && (${condition}) && ${group} || github.run_id }}`
}
