import fc from 'fast-check'

/** A script for the mysql client, and all of it that is neither delimiter nor DELIMITER line. */
export interface Script {
  readonly script: string
  readonly kept: string
}

const raw = String.raw

const COMMENTS = [
  "/* it's; // $$ */",
  '/* a\nDELIMITER //\n*/',
  '/*+ NO_ICP(t); */',
  '/**/',
  '# "a; //\n',
  "-- it's; $$\n",
  '--\n',
  '#\n',
]

/** Parts of statements that hold delimiters where they count for nothing. */
const CODE = [
  'SELECT 1',
  'UPDATE t SET a = 5--1',
  "'it''s; // $$ GO'",
  raw`'a\\'`,
  raw`'it\'s;\n'`,
  raw`"a\";'b$$"`,
  '"a"";//b"',
  "'a\nDELIMITER //\n;'",
  '`a``;//\\`',
  '/*!50000 1 + */',
  "/*! 'a;' */",
  raw`\N`,
  "'é😀漢;'",
  '`ü😀$$`',
  '( a / b * c - -d )',
  'delimiter',
  '\n',
  '\r\n',
  '\t',
]

/** A routine has semicolons of its own, so only another delimiter lets it through. */
const ROUTINE = `CREATE PROCEDURE p(a INT)
BEGIN
  IF a = 1 THEN SELECT 'x; // $$'; END IF; -- it's
  CASE a WHEN 2 THEN SELECT 2; ELSE BEGIN END; END CASE;
  again: LOOP LEAVE again; END LOOP;
END`

const DELIMITERS = [';', ';;', '//', '$$', '|', 'GO', '&&;', '$end$']
/** They all set the same delimiter. */
const DIRECTIVES = [
  (delimiter: string) => `DELIMITER ${delimiter}`,
  (delimiter: string) => `  delimiter\t${delimiter} and more`,
  (delimiter: string) => `Delimiter "${delimiter}"`,
  (delimiter: string) => `DELIMITER  '${delimiter}' `,
  (delimiter: string) => `\tDELIMITER \`${delimiter}\`\r`,
]

const comment = fc.constantFrom(...COMMENTS)
const blank = fc.constantFrom(' ', '\n', '\r\n', '\t', '  \n\n')
const statement = fc.tuple(
  fc.constantFrom('SELECT 1', 'UPDATE t SET a = ', 'INSERT INTO t VALUES', "/*!40101 SET @a = ';' */"),
  fc.array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...CODE) }, comment), { maxLength: 6 }),
)
const block = fc.record({
  delimiter: fc.constantFrom(...DELIMITERS),
  directive: fc.constantFrom(...DIRECTIVES),
  before: fc.array(fc.oneof(comment, blank), { maxLength: 3 }),
  statements: fc.array(
    fc.record({
      before: fc.array(fc.oneof(comment, blank), { maxLength: 2 }),
      statement,
      isRoutine: fc.nat(4).map((chance) => chance === 0),
      isEmpty: fc.nat(9).map((chance) => chance === 0),
    }),
    { maxLength: 4 },
  ),
})

/** Statements under one delimiter after the other. Each delimiter begins a new line now and then, as people write it. */
export const SCRIPTS: fc.Arbitrary<Script> = fc
  .record({
    blocks: fc.array(block, { maxLength: 4 }),
    after: fc.array(fc.oneof(comment, blank), { maxLength: 2 }),
  })
  .map(({ blocks, after }) => {
    const parts: [text: string, isKept: boolean][] = []
    const keep = (text: string): unknown => parts.push([text, true])
    const drop = (text: string): unknown => parts.push([text, false])
    for (const { delimiter, directive, before, statements } of blocks) {
      for (const text of before) keep(text)
      keep('\n')
      drop(directive(delimiter))
      keep('\n')
      for (const {
        before: lead,
        statement: [first, rest],
        isRoutine,
        isEmpty,
      } of statements) {
        for (const text of lead) keep(text)
        if (!isEmpty) keep(isRoutine && !ROUTINE.includes(delimiter) ? ROUTINE : [first, ...rest].join(' '))
        keep(' ')
        drop(delimiter)
      }
    }
    for (const text of after) keep(text)
    return {
      script: parts.map(([text]) => text).join(''),
      kept: parts.flatMap(([text, isKept]) => (isKept ? [text] : [])).join(''),
    }
  })
