export const id = 200;
export const ids = [200];
export const modules = {

/***/ 3298:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   $m: () => (/* binding */ judgeColumns),
/* harmony export */   uR: () => (/* binding */ missingLines),
/* harmony export */   uY: () => (/* binding */ readDecisions)
/* harmony export */ });
/* harmony import */ var _quotation_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6399);

/**
 * Reads lines such as `public.users.email: masked`, and `public.countries.*: kept` for a whole table. Names with other characters
 * stand in double quotes, doubled inside. `#` begins a comment. Returns every wrong line, as `file:line: why`.
 */
function readDecisions(files) {
    const decisions = new Map();
    const problems = [];
    for (const { name: file, content } of files) {
        const text = new TextDecoder().decode(content);
        for (const [index, raw] of text.split(/\r?\n/).entries()) {
            const line = raw.replace(/^#.*|\s#.*$/, '').trim();
            if (line === '')
                continue;
            const at = `${(0,_quotation_js__WEBPACK_IMPORTED_MODULE_0__/* .quote */ .hD)(file)}:${index + 1}`;
            const parsed = parseLine(line);
            const known = decisions.get(typeof parsed === 'string' ? '' : writtenName(parsed.name));
            if (typeof parsed === 'string')
                problems.push(`${at}: ${parsed}`);
            else if (known !== undefined)
                problems.push(`${at}: the column stands in ${known.at} already`);
            else
                decisions.set(writtenName(parsed.name), { ...parsed, at });
        }
    }
    return { decisions, problems };
}
const PART = /(?:"((?:[^"]|"")*)"|([^\s.:"]+))/y;
function parseLine(line) {
    const parts = [];
    let at = 0;
    for (;;) {
        PART.lastIndex = at;
        const match = PART.exec(line);
        if (match === null)
            return NOT_A_LINE;
        parts.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
        at = PART.lastIndex;
        if (line[at] !== '.')
            break;
        at += 1;
    }
    const [, decision] = /^\s*:\s*(masked|kept)$/.exec(line.slice(at)) ?? [];
    if (decision === undefined || parts.length < 3 || parts.length > 4)
        return NOT_A_LINE;
    if (parts.slice(0, -1).includes('*'))
        return 'only the column may be *';
    if (parts.at(-1) === '*' && decision === 'masked')
        return 'a whole table can only be kept: name each column that is masked';
    return { name: parts, decision: decision };
}
const NOT_A_LINE = 'expected a line such as "public.users.email: masked" or "public.countries.*: kept"';
/** The decision about a column counts before that about its table. Pure. */
function judgeColumns(columns, decisions) {
    const used = new Set();
    const count = { masked: 0, kept: 0 };
    const undecided = [];
    for (const column of columns) {
        const names = [column, [...column.slice(0, -1), '*']].map(writtenName);
        const name = names.find((one) => decisions.has(one));
        const decision = decisions.get(name ?? '')?.decision;
        // A line for a table counts as used, also if each of its columns has a line.
        for (const one of names)
            used.add(one);
        if (decision === undefined)
            undecided.push(column);
        else
            count[decision] += 1;
    }
    const unused = [...decisions].filter(([name]) => !used.has(name)).map(([name, { at }]) => `${name} (${at})`);
    return { ...count, undecided, unused };
}
/** The lines that are missing, to be decided by people. */
function missingLines(columns) {
    return columns.map((column) => `${writtenName(column)}: kept`);
}
function writtenName(name) {
    return name.map((part) => (/^[^\s.:"#]+$/.test(part) ? part : `"${part.replaceAll('"', '""')}"`)).join('.');
}


/***/ }),

/***/ 7583:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   N: () => (/* binding */ firstWord)
/* harmony export */ });
/** The first word of a statement in capitals, or its first sign, such as an opening parenthesis. Comments before it do not count. */
function firstWord(sql) {
    const rest = sql.replace(/^(?:\s|--[^\n]*(?:\n|$)|#[^\n]*(?:\n|$)|\/\*(?![!+])[\s\S]*?\*\/)*/, '');
    return /^(?:[a-z_]+|[^\s])/i.exec(rest)?.[0].toUpperCase() ?? '';
}


/***/ }),

/***/ 1200:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  readSanitisingOrder: () => (/* binding */ readSanitisingOrder)
});

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
// EXTERNAL MODULE: ./src/failure.js
var failure = __webpack_require__(9555);
// EXTERNAL MODULE: ./src/quotation.js
var quotation = __webpack_require__(6399);
// EXTERNAL MODULE: ./src/contract.js
var contract = __webpack_require__(4211);
// EXTERNAL MODULE: ./src/sanitise/column-decisions.js
var column_decisions = __webpack_require__(3298);
// EXTERNAL MODULE: ./src/sanitise/first-word.js
var first_word = __webpack_require__(7583);
;// CONCATENATED MODULE: ./src/sanitise/split/mysql-tokens.js
/** Commands of the client, MySQL's and MariaDB's, but for DELIMITER. None of them begins a statement of SQL that lasts. */
const COMMANDS = [
    String.raw `\?`,
    'charset',
    'clear',
    'connect',
    'edit',
    'ego',
    'exit',
    'go',
    'help',
    'nopager',
    'notee',
    'nowarning',
    'pager',
    'print',
    'prompt',
    'query_attributes',
    'quit',
    'rehash',
    'resetconnection',
    'sandbox',
    'source',
    'ssl_session_data_print',
    'status',
    'system',
    'tee',
    'use',
    'warnings',
];
/** The client cuts a longer one (`char delimiter[16]`), and never finds one that begins with another character. */
const DELIMITER = /^[!-[\]-~]{1,15}$/;
/**
 * The parts of a script, by the rules of the mysql command line client (`add_line` and `find_command` in client/mysql.cc, of MySQL
 * and MariaDB). They cover the text without a gap.
 */
function* mysqlTokens(text) {
    let rules = rulesOf(';');
    let isStart = true;
    for (let at = 0; at < text.length;) {
        const command = isStart ? commandAt(text, at, rules) : undefined;
        if (command?.delimiter !== undefined)
            rules = rulesOf(command.delimiter);
        const token = command ?? tokenAt(text, at, { rules, isStart });
        if (token.kind === 'delimiter')
            isStart = true;
        if (token.kind === 'code' || token.kind === 'open' || token.kind === 'close')
            isStart = false;
        yield token;
        at = token.to;
    }
    return undefined;
}
function rulesOf(delimiter) {
    const escaped = RegExp.escape(delimiter);
    return {
        mark: new RegExp([
            String.raw `(?<escape>\\)`,
            `(?<delimiter>${escaped})`,
            // The client takes `--` for a comment only before white space; `5--1` is 6.
            String.raw `(?<comment>#[^\n]*|--(?=[ \t\v\f\r\n]|$)[^\n]*|/\*(?!!)[^]*?(?:\*/|(?<endless>$)))`,
            String.raw `(?<open>/\*!)|(?<close>\*/)|(?<quote>['"${'`'}])`,
        ].join('|'), 'g'),
        // A delimiter may look like a command, too, but not like DELIMITER.
        command: new RegExp(`(delimiter|(?!${escaped})(?:${COMMANDS.join('|')}))(?=[ \\t\\v\\f\\r\\n]|$|${escaped})([^\\n]*)`, 'iy'),
    };
}
/** A command of the client at the start of a statement. */
function commandAt(text, from, { command }) {
    command.lastIndex = from;
    const found = command.exec(text);
    if (found === null)
        return undefined;
    const [line, word = '', rest = ''] = found;
    const to = from + line.length;
    const name = word.toUpperCase();
    if (name !== 'DELIMITER')
        return { kind: 'refused', from, to, ...refusal(name) };
    const isAtLineStart = /(?:^|\n)[ \t\v\f\r]*$/.test(text.slice(Math.max(0, from - FAR), from));
    const delimiter = isAtLineStart ? delimiterIn(rest) : undefined;
    if (delimiter !== undefined)
        return { kind: 'directive', from, to, delimiter };
    return {
        kind: 'refused',
        from,
        to,
        message: 'this DELIMITER is not one that the mysql client knows',
        remedy: 'Let it begin a line, and give it 1 to 15 characters of ASCII without blanks and backslashes.',
    };
}
/** More blanks than anybody indents by. */
const FAR = 1_024;
function refusal(name) {
    if (name === 'USE')
        return {
            message: 'USE has no effect on the next statement, which is sent in a call of its own',
            remedy: 'Write database.table.',
        };
    return {
        message: `"${name.toLowerCase()}" is a command of the mysql client and no SQL`,
        remedy: 'Remove it.',
    };
}
/** The first word or quotation after DELIMITER; `undefined` for what the client refuses or cuts. */
function delimiterIn(rest) {
    const argument = /^[ \t]+(?:'([^']+)'|"([^"]+)"|`([^`]+)`|([^'"`\s][^ ]*))/.exec(rest.trimEnd());
    const delimiter = argument?.slice(1).find(Boolean);
    return delimiter !== undefined && DELIMITER.test(delimiter) ? delimiter : undefined;
}
function tokenAt(text, from, { rules, isStart }) {
    if (isStart) {
        const blanks = /[ \t\n\v\f\r]+/y;
        blanks.lastIndex = from;
        if (blanks.test(text))
            return { kind: 'blank', from, to: blanks.lastIndex };
    }
    const { mark } = rules;
    mark.lastIndex = from;
    const found = mark.exec(text);
    if (found === null)
        return { kind: 'code', from, to: text.length };
    if (found.index > from)
        return { kind: 'code', from, to: found.index };
    const { escape, quote, comment, endless, open, delimiter } = found.groups ?? {};
    const to = mark.lastIndex;
    if (escape !== undefined)
        return escapeAt(text, from);
    if (quote !== undefined)
        return quotationAt(text, from);
    if (endless !== undefined)
        return { kind: 'refused', from, to, message: 'the comment has no end' };
    if (comment !== undefined)
        return { kind: 'comment', from, to };
    if (delimiter !== undefined)
        return { kind: 'delimiter', from, to };
    return { kind: open === undefined ? 'close' : 'open', from, to };
}
/** `\N` is NULL; every other backslash outside quotation marks is a command of the client. `\g` and `\G` end a statement. */
function escapeAt(text, from) {
    const to = Math.min(from + 2, text.length);
    const written = text.slice(from, to);
    if (written === String.raw `\N`)
        return { kind: 'code', from, to };
    return {
        kind: /g/i.test(written) ? 'delimiter' : 'refused',
        from,
        to,
        message: `"${written.trim()}" is a command of the mysql client and no SQL`,
        remedy: 'Remove it, and end statements with the delimiter.',
    };
}
function quotationAt(text, from) {
    const quote = text[from];
    for (let at = from + 1; at < text.length; at += 1) {
        const isEscape = (text[at] === '\\' && quote !== '`') || (text[at] === quote && text[at + 1] === quote);
        if (isEscape)
            at += 1;
        else if (text[at] === quote)
            return { kind: 'code', from, to: at + 1 };
    }
    return { kind: 'refused', from, to: text.length, message: 'the quotation has no end' };
}

;// CONCATENATED MODULE: ./src/sanitise/split/statement.js
/** "If a call isn't part of a transaction, changes that result from the call are committed automatically." [RDS Data API, ExecuteStatement] */
const NO_TRANSACTIONS = {
    message: 'transaction control has no effect, since each statement is sent in a call of its own',
    remedy: 'Remove the statement.',
};
/** `sql` of ExecuteStatement has at most 65,536 characters [RDS Data API, ExecuteStatement]. The rest is for what proves its success. */
const MAX_LENGTH = 64_512;
/** Why the Data API does not take a text, whatever it says. */
function lengthRefusal({ length }) {
    if (length <= MAX_LENGTH)
        return undefined;
    return {
        message: `the statement has ${length} characters, and the Data API takes at most ${MAX_LENGTH}`,
        remedy: 'Divide it into several statements.',
    };
}

;// CONCATENATED MODULE: ./src/sanitise/split/text.js
/** Blanks as SQL and the mysql client know them: others, such as the no-break space, are text. */
const AROUND = /^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g;
const BYTE_ORDER_MARK = '\uFEFF';
/** What Node.js puts in the place of bytes that are no UTF-8. */
const REPLACEMENT = Buffer.from('\uFFFD');
function trimBlanks(text) {
    return text.replace(AROUND, '');
}
/** Line and column of an offset in UTF-16 units, from 1. A column is a character, as editors count it. */
function positionAt(text, offset) {
    const before = text.slice(0, offset);
    const lineStart = before.lastIndexOf('\n') + 1;
    return { line: before.split('\n').length, column: Array.from(before.slice(lineStart)).length + 1 };
}
/** Gives the line of one offset after the other, in one pass: they may not go back. */
function lineCounter(text) {
    let [line, at] = [1, 0];
    return (offset) => {
        for (let end = text.indexOf('\n', at); end !== -1 && end < offset; end = text.indexOf('\n', at)) {
            line += 1;
            at = end + 1;
        }
        return line;
    };
}
/** The text of a file without its byte order mark, or why it is none. No statement may hold a NUL: both servers end the text there. */
function readText({ name, content }) {
    const text = content.toString();
    const invalid = invalidAt(content, text);
    if (invalid !== undefined)
        return {
            file: name,
            ...positionAt(text, invalid),
            message: 'the file is not UTF-8',
            remedy: 'Save it as UTF-8.',
        };
    const stripped = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
    const nul = stripped.indexOf('\0');
    if (nul === -1)
        return stripped;
    return {
        file: name,
        ...positionAt(stripped, nul),
        message: 'the file has a NUL byte',
        remedy: 'Remove it, or write binary data in hexadecimal.',
    };
}
function invalidAt(content, text) {
    if (Buffer.from(text).equals(content))
        return undefined;
    // A replacement character that the file really has is three bytes of it.
    for (const { index } of text.matchAll(/\uFFFD/g)) {
        const at = Buffer.byteLength(text.slice(0, index));
        if (!content.subarray(at, at + REPLACEMENT.length).equals(REPLACEMENT))
            return index;
    }
    return undefined;
}

;// CONCATENATED MODULE: ./src/sanitise/split/mysql.js



const NOTHING = { text: '', code: '', from: undefined, openedAt: undefined };
/** The statements of a file for MySQL, as the mysql client would send them with their comments, or everything that is wrong with it. */
function splitMysql(file) {
    const text = readText(file);
    if (typeof text !== 'string')
        return { problems: [text] };
    const refused = (at, refusal) => ({
        file: file.name,
        ...positionAt(text, at),
        ...refusal,
    });
    const tokens = [...mysqlTokens(text)];
    const pieces = piecesOf(text, tokens);
    const problems = [
        ...tokens.flatMap(({ from, message, remedy }) => message === undefined ? [] : [refused(from, { message, remedy })]),
        ...pieces.flatMap((piece) => {
            const refusal = refusalOf(piece) ?? lengthRefusal(piece.text);
            return refusal === undefined ? [] : [refused(piece.from, refusal)];
        }),
    ];
    if (problems.length > 0)
        return { problems: problems.toSorted(byPosition) };
    const lineAt = lineCounter(text);
    return {
        statements: pieces.map((piece, index) => ({
            file: file.name,
            number: index + 1,
            line: lineAt(piece.from),
            text: piece.text,
            alone: false,
        })),
    };
}
const byPosition = (a, b) => a.line - b.line || a.column - b.column;
/** The statements. What stands after the last one goes with it. */
function piecesOf(text, tokens) {
    const pieces = [];
    let growing = NOTHING;
    for (const token of tokens) {
        if (token.kind !== 'delimiter')
            growing = continued(growing, token, text);
        else if (isPiece(growing)) {
            pieces.push(growing);
            growing = NOTHING;
        }
    }
    if (isPiece(growing))
        pieces.push(growing);
    const last = pieces.pop();
    if (last === undefined)
        return [];
    const after = isPiece(growing) ? '' : `\n${growing.text}`;
    return [...pieces, { ...last, text: last.text + after }].map((piece) => ({
        ...piece,
        text: trimBlanks(piece.text),
    }));
}
const isPiece = (growing) => growing.from !== undefined;
function continued(piece, { kind, from, to }, text) {
    if (kind === 'directive' || kind === 'refused')
        return piece;
    const part = text.slice(from, to);
    const whole = { ...piece, text: piece.text + part };
    if (kind === 'blank')
        return whole;
    if (kind === 'comment')
        return { ...whole, code: `${piece.code} ` };
    return {
        ...whole,
        code: piece.code + part,
        from: piece.from ?? from,
        openedAt: kind === 'open' ? from : kind === 'close' ? undefined : piece.openedAt,
    };
}
/** A comment that the server runs may hold the statement: `/*!40000 …`. */
const START = String.raw `^\s*(?:/\*!\d*\s*)?`;
const TRANSACTION = new RegExp(String.raw `${START}(?:begin|start\s+transaction|commit|rollback|savepoint|release\s+savepoint|xa)\b`, 'i');
const LOAD_LOCAL = new RegExp(String.raw `${START}load\s+(?:data|xml)\s+(?:low_priority\s+|concurrent\s+)?local\b`, 'i');
function refusalOf({ code, openedAt }) {
    if (openedAt !== undefined)
        return {
            message: 'the statement ends inside a comment that begins with /*!',
            remedy: 'End the comment before the delimiter, or choose another DELIMITER.',
        };
    if (TRANSACTION.test(code))
        return NO_TRANSACTIONS;
    if (LOAD_LOCAL.test(code))
        return {
            message: 'LOAD DATA LOCAL reads from the client, and the Data API has no such stream',
            remedy: 'Write the rows as INSERT … VALUES.',
        };
    return undefined;
}

// EXTERNAL MODULE: external "node:v8"
var external_node_v8_ = __webpack_require__(8877);
;// CONCATENATED MODULE: ./src/sanitise/split/postgresql-parser.js

/**
 * PostgreSQL's own parser, of version 18. It has 1.7 MB of WebAssembly, so it is loaded only where SQL for PostgreSQL is split.
 * Newer syntax than the server's passes here and fails there.
 */
async function loadPostgresqlParser() {
    // Meanwhile V8 would optimise the parser, which takes half a gigabyte and longer than any file.
    (0,external_node_v8_.setFlagsFromString)('--no-wasm-tier-up');
    (0,external_node_v8_.setFlagsFromString)('--no-wasm-dynamic-tiering');
    const { hasSqlDetails, loadModule, parseSync } = await __webpack_require__.e(/* import() */ 951).then(__webpack_require__.t.bind(__webpack_require__, 4951, 19));
    await loadModule();
    return (text) => {
        // The parser takes no empty text.
        if (text === '')
            return { statements: [] };
        try {
            const { stmts = [] } = parseSync(text);
            return { statements: stmts.flatMap(parsedStatement) };
        }
        catch (error) {
            if (hasSqlDetails(error))
                return { message: error.message, characters: error.sqlDetails?.cursorPosition ?? 0 };
            // Parsers recurse, and this one ends what it takes for its process where 1 GB is not enough: that is no Error.
            if (error instanceof Error && !(error instanceof RangeError))
                throw error;
            return { message: 'the file is too large, or a statement is nested too deeply', characters: 0 };
        }
    };
}
/** The tree leaves out what is zero. */
function parsedStatement({ stmt, stmt_location: from = 0, stmt_len: length, }) {
    return stmt === undefined ? [] : [{ node: stmt, from, length }];
}

;// CONCATENATED MODULE: ./src/sanitise/split/postgresql.js



/** The statements of a file for PostgreSQL, or everything that is wrong with it: a syntax error hides what else there is. */
async function splitPostgresql(file) {
    const text = readText(file);
    if (typeof text !== 'string')
        return { problems: [text] };
    const parse = await loadPostgresqlParser();
    const parsed = parse(text);
    if ('message' in parsed) {
        const { message, characters } = parsed;
        const offset = Array.from(text).slice(0, characters).join('').length;
        return {
            problems: [{ file: file.name, ...positionAt(text, offset), message, remedy: hint(text, offset) }],
        };
    }
    const bytes = Buffer.from(text);
    const ranges = parsed.statements.map(({ node, from, length }) => ({
        node,
        from,
        to: length === undefined ? bytes.length : from + length,
    }));
    const statements = statementsOf(file.name, bytes, ranges);
    const problems = ranges.flatMap(({ node, from }, index) => {
        const refusal = postgresql_refusalOf(node) ?? lengthRefusal(statements[index]?.text ?? '');
        if (refusal === undefined)
            return [];
        return [{ file: file.name, ...positionAt(text, bytes.toString('utf8', 0, from).length), ...refusal }];
    });
    return problems.length > 0 ? { problems } : { statements };
}
function statementsOf(file, bytes, ranges) {
    // Every byte is one character here, so that lines can be counted by offsets in bytes.
    const lineAt = lineCounter(bytes.toString('latin1'));
    const between = (from, to) => withoutSemicolons(bytes.toString('utf8', from, to));
    return ranges.map(({ node, from, to }, index) => {
        const before = between(ranges[index - 1]?.to ?? 0, from);
        const isLast = index === ranges.length - 1;
        const after = isLast ? `\n${between(to, bytes.length)}` : '';
        const text = trimBlanks(`${before}${bytes.toString('utf8', from, to)}${after}`);
        return { file, number: index + 1, line: lineAt(from), text, alone: isAlone(node) };
    });
}
/** Comments and blanks without the semicolons between them. Comments in `/*` nest. */
function withoutSemicolons(between) {
    let [kept, at, depth] = ['', 0, 0];
    for (;;) {
        const mark = depth === 0 ? /\/\*|--[^\n\r]*|;/g : /\/\*|\*\//g;
        mark.lastIndex = at;
        const found = mark.exec(between);
        if (found === null)
            return kept + between.slice(at);
        const end = mark.lastIndex;
        if (found[0] === '/*')
            depth += 1;
        if (found[0] === '*/')
            depth -= 1;
        kept += between.slice(at, found[0] === ';' ? found.index : end);
        at = end;
    }
}
function postgresql_refusalOf(node) {
    if ('TransactionStmt' in node)
        return NO_TRANSACTIONS;
    if ('CopyStmt' in node && node.CopyStmt.filename === undefined)
        return {
            message: 'COPY reads from and writes to the client, and the Data API has no such stream',
            remedy: 'Write the rows as INSERT … VALUES.',
        };
    return undefined;
}
/** Programs that read such files know more than SQL, and the parser's message does not say so. */
function hint(text, offset) {
    if (text[offset] === '\\')
        return 'Commands of psql that begin with a backslash are no SQL: write the statement itself.';
    if (text[offset] === ':')
        return 'Variables of psql are no SQL: write the value itself.';
    return undefined;
}
/** Those that no transaction may hold, whatever they say. */
const ALWAYS_ALONE = [
    'AlterDatabaseStmt',
    'AlterSystemStmt',
    'AlterSubscriptionStmt',
    'ClusterStmt',
    'CreateSubscriptionStmt',
    'CreateTableSpaceStmt',
    'CreatedbStmt',
    'DiscardStmt',
    'DropSubscriptionStmt',
    'DropTableSpaceStmt',
    'DropdbStmt',
    'ReindexStmt',
];
/**
 * Calls of PreventInTransactionBlock in PostgreSQL 18. For some kinds it depends on more than the statement, such as on whether a
 * table has partitions: then it runs alone, which is always allowed.
 */
function isAlone(node) {
    if ('VacuumStmt' in node)
        return node.VacuumStmt.is_vacuumcmd === true;
    if ('IndexStmt' in node)
        return node.IndexStmt.concurrent === true;
    if ('DropStmt' in node)
        return node.DropStmt.concurrent === true;
    if ('AlterTableStmt' in node)
        return (node.AlterTableStmt.cmds ?? []).some(detachesConcurrently);
    return ALWAYS_ALONE.some((kind) => kind in node);
}
function detachesConcurrently(command) {
    const { def } = 'AlterTableCmd' in command ? command.AlterTableCmd : {};
    return def !== undefined && 'PartitionCmd' in def && def.PartitionCmd.concurrent === true;
}

;// CONCATENATED MODULE: ./src/sanitise/split/index.js


const SPLITTERS = { postgresql: splitPostgresql, mysql: splitMysql };
/** The statements of all files, in the order of their names, or the problems of all files, so that one look repairs them all. */
async function splitSql(engine, files) {
    const inOrder = files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const splits = await Promise.all(inOrder.map(async (file) => await SPLITTERS[engine](file)));
    const problems = splits.flatMap((split) => ('problems' in split ? split.problems : []));
    if (problems.length > 0)
        return { problems };
    return { statements: splits.flatMap((split) => ('statements' in split ? split.statements : [])) };
}

;// CONCATENATED MODULE: ./src/sanitise/read-order.js







/** Makes an order of inputs and files, before anything is created. Throws Failure with all problems of all files. */
async function readSanitisingOrder(inputs, engine, readFiles) {
    const patterns = inputs.files;
    const isAnySet = contract/* FILE_INPUTS */.zN.some((input) => patterns[input].length > 0);
    const { files } = isAnySet ? await readFiles(patterns) : NO_FILES;
    const dialect = engine === 'aurora-mysql' ? 'mysql' : 'postgresql';
    const statements = await split(dialect, files['sanitize-sql']);
    const checks = await split(dialect, files['verify-sql']);
    const { decisions, problems } = (0,column_decisions/* readDecisions */.uY)(files['column-decisions']);
    refuse([
        ...statements.problems,
        ...statements.found.flatMap((one) => statementProblem(one)),
        ...checks.problems,
        ...checks.found.flatMap((one) => checkProblem(one)),
        ...problems,
    ]);
    return {
        disablesLogins: inputs.disablesLogins,
        keepLogins: inputs.keepLogins,
        sanitises: patterns['sanitize-sql'].length > 0 || inputs.isBySteps,
        // The rows of a query would be an answer, which a procedure must not give (RDS Data API, "Limitations").
        statements: statements.found.map((one) => dialect === 'mysql' && isQuery(one) ? { ...one, alone: true } : one),
        checks: checks.found,
        decisions: patterns['column-decisions'].length > 0 ? decisions : undefined,
        database: inputs.database,
        digest: digestOf(inputs, files),
    };
}
const NO_FILES = {
    files: { 'sanitize-sql': [], 'verify-sql': [], 'column-decisions': [] },
};
async function split(dialect, files) {
    const result = files.length === 0 ? { statements: [] } : await splitSql(dialect, files);
    return 'problems' in result
        ? { found: [], problems: result.problems.map(told) }
        : { found: result.statements, problems: [] };
}
function told({ file, line, column, message, remedy }) {
    return `${(0,quotation/* quote */.hD)(file)}:${line}:${column}: ${(0,quotation/* quote */.hD)(message)}${remedy === undefined ? '' : `. ${remedy}`}`;
}
const QUERIES = ['SELECT', 'WITH', 'VALUES', 'TABLE', '('];
function isQuery({ text }) {
    return [...QUERIES, 'SHOW', 'EXPLAIN', 'DESCRIBE', 'DESC'].includes((0,first_word/* firstWord */.N)(text));
}
/** Each statement has a session of its own, so a setting or a temporary table is gone before the next one. */
function statementProblem({ text, file, line }) {
    const word = (0,first_word/* firstWord */.N)(text);
    const isOfSession = /^(?:RESET|DISCARD|LISTEN|PREPARE|DECLARE|LOCK|UNLOCK)$/.test(word) ||
        (word === 'SET' && !/\bSET\s+(?:GLOBAL|PERSIST|PASSWORD|DEFAULT\s+ROLE)\b/i.test(text)) ||
        (word === 'CREATE' && /\bCREATE\s+(?:(?:LOCAL|GLOBAL)\s+)?TEMP(?:ORARY)?\b/i.test(text));
    return isOfSession
        ? [
            `${(0,quotation/* quote */.hD)(file)}:${line}: each statement has a session of its own, so this one has no effect on the next. Put both into one DO block or procedure.`,
        ]
        : [];
}
function checkProblem({ text, file, line }) {
    return QUERIES.includes((0,first_word/* firstWord */.N)(text))
        ? []
        : [`${(0,quotation/* quote */.hD)(file)}:${line}: a statement of verify-sql must be a query, which begins with SELECT or WITH.`];
}
const MOST_TOLD = 20;
function refuse(problems) {
    if (problems.length === 0)
        return;
    const more = problems.length - MOST_TOLD;
    throw new failure/* Failure */.HR({
        title: 'File not usable',
        what: `${problems.slice(0, MOST_TOLD).join(' ')}${more > 0 ? ` And ${more} more.` : ''}`,
        remedy: 'Correct these lines, then run again. Nothing was created.',
    });
}
function digestOf(inputs, selected) {
    const files = contract/* FILE_INPUTS */.zN.map((input) => selected[input].map(({ name, content }) => [name, (0,external_node_crypto_.createHash)('sha256').update(content).digest('hex')]));
    const { disablesLogins, keepLogins, database } = inputs;
    return (0,external_node_crypto_.createHash)('sha256')
        .update(JSON.stringify({ files, disablesLogins, keepLogins, database }))
        .digest('hex')
        .slice(0, 16);
}


/***/ })

};
