export interface InputRules {
  readonly required?: readonly string[]
  /** What may be given as well; nothing else is known. */
  readonly optional: readonly string[]
}

/** The runner only warns of an unknown input and enforces nothing: here a slip in a workflow is to fail. */
export function checkInputs(
  uses: string,
  inputs: Readonly<Record<string, string>>,
  { required = [], optional }: InputRules,
): void {
  const known = [...required, ...optional]
  const unknown = Object.keys(inputs).filter((name) => !known.includes(name))
  if (unknown.length > 0)
    throw new Error(`${uses}: unknown inputs ${unknown.join(', ')}; known are ${known.join(', ')}`)
  for (const name of required) {
    if ((inputs[name] ?? '').trim() === '') throw new Error(`Input required and not supplied: ${name}`)
  }
}

/** As YAML 1.2 has them, and the toolkit reads them. */
export function booleanInput(inputs: Readonly<Record<string, string>>, name: string): boolean | undefined {
  const text = inputs[name] ?? ''
  if (text === '') return undefined
  if (/^(?:true|True|TRUE)$/.test(text)) return true
  if (/^(?:false|False|FALSE)$/.test(text)) return false
  throw new Error(
    `Input does not meet YAML 1.2 "Core Schema" specification: ${name}\n` +
      'Support boolean input list: `true | True | TRUE | false | False | FALSE`',
  )
}
