export const id = 165;
export const ids = [165];
export const modules = {

/***/ 5000:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   IK: () => (/* binding */ lookAgain),
/* harmony export */   SH: () => (/* binding */ backtrackClone),
/* harmony export */   mB: () => (/* binding */ changeClone)
/* harmony export */ });
/* harmony import */ var _aws_sdk_client_rds__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(7966);
/* harmony import */ var _api_describe_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(2216);
/* harmony import */ var _clone_renewal_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(2408);



/**
 * The only place that modifies a cluster. The calls use only a name, so the clone is read and judged right before each of them.
 * Returns the clone as it was then. Throws AwsCallError, and Failure if the name belongs to another cluster.
 */
async function changeClone(aws, found, change) {
    const clone = await lookAgain(aws, found);
    await send(aws, clone, change);
    return clone;
}
/**
 * Asks AWS to take the clone back to a time of its own, and returns the identifier of that backtrack. Connections are cut. AWS refuses it
 * while binary logging is on (RDS API, BacktrackDBCluster, Force). `undefined`: the clone as it is now may not go back. Throws as
 * `changeClone` does.
 */
async function backtrackClone(aws, found, { toMs, mayGoBack }) {
    const now = await lookAgain(aws, found);
    if (!mayGoBack(now))
        return undefined;
    const request = { DBClusterIdentifier: now.cluster.identifier, BacktrackTo: new Date(toMs) };
    const { BacktrackIdentifier: identifier } = await aws.once.send(new _aws_sdk_client_rds__WEBPACK_IMPORTED_MODULE_2__/* .BacktrackDBClusterCommand */ .yE0(request));
    return identifier ?? '';
}
async function send({ once }, { cluster }, change) {
    const { identifier: DBClusterIdentifier, arn: ResourceArn } = cluster;
    const now = { DBClusterIdentifier, ApplyImmediately: true };
    switch (change.kind) {
        case 'manage-password':
            await once.send(new _aws_sdk_client_rds__WEBPACK_IMPORTED_MODULE_2__/* .ModifyDBClusterCommand */ .gSX({ ...now, ManageMasterUserPassword: true }));
            return;
        case 'rotate-password':
            await once.send(new _aws_sdk_client_rds__WEBPACK_IMPORTED_MODULE_2__/* .ModifyDBClusterCommand */ .gSX({ ...now, RotateMasterUserPassword: true }));
            return;
        case 'move':
            await once.send(new _aws_sdk_client_rds__WEBPACK_IMPORTED_MODULE_2__/* .ModifyDBClusterCommand */ .gSX({ ...now, VpcSecurityGroupIds: [...change.securityGroupIds] }));
            return;
        case 'enable-data-api':
            await once.send(new _aws_sdk_client_rds__WEBPACK_IMPORTED_MODULE_2__/* .EnableHttpEndpointCommand */ .EVE({ ResourceArn }));
            return;
        case 'disable-data-api':
            await once.send(new _aws_sdk_client_rds__WEBPACK_IMPORTED_MODULE_2__/* .DisableHttpEndpointCommand */ .$Of({ ResourceArn }));
    }
}
/** The same clone as AWS shows it now. */
async function lookAgain({ rds, signal }, { cluster: found, identity }) {
    const cluster = await (0,_api_describe_js__WEBPACK_IMPORTED_MODULE_0__/* .describeCluster */ .K$)(rds, found.identifier, signal);
    if (cluster === undefined)
        throw (0,_clone_renewal_js__WEBPACK_IMPORTED_MODULE_1__/* .deletedMeanwhile */ .e_)(found.identifier);
    return (0,_clone_renewal_js__WEBPACK_IMPORTED_MODULE_1__/* .provenClone */ .OZ)(cluster, { found, identity });
}


/***/ }),

/***/ 2165:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  prepareClone: () => (/* binding */ prepareClone)
});

// EXTERNAL MODULE: ./src/duration.js
var duration = __webpack_require__(269);
// EXTERNAL MODULE: ./src/failure.js
var failure = __webpack_require__(9555);
// EXTERNAL MODULE: ./src/aurora/api/aws-call.js
var aws_call = __webpack_require__(6489);
// EXTERNAL MODULE: ./src/aurora/api/aws-run.js
var aws_run = __webpack_require__(3896);
// EXTERNAL MODULE: ./src/aurora/api/explain.js
var explain = __webpack_require__(2133);
// EXTERNAL MODULE: ./src/aurora/clone/preparation.js
var preparation = __webpack_require__(9653);
// EXTERNAL MODULE: ./src/aurora/clone/renewal.js
var renewal = __webpack_require__(2408);
// EXTERNAL MODULE: ./src/aurora/converge.js
var converge = __webpack_require__(1605);
// EXTERNAL MODULE: ./src/aurora/prepare/change-clone.js
var change_clone = __webpack_require__(5000);
// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
;// CONCATENATED MODULE: ./src/sanitise/database-error.js
/** Classes of SQLSTATE whose messages name objects and not values (PostgreSQL, appendix A; MySQL, server error reference). */
const NAMES_OBJECTS = new Set(['08', '0A', '25', '28', '2D', '3D', '3F', '42', '53', '54', '55', '57', '58']);
const CLASSES = {
    '22': 'a value that does not fit',
    '23': 'a constraint was violated',
    P0: 'raised by code in the database',
};
/**
 * A fault of the database for people. Messages of many faults quote values, such as the key that exists twice. So the message is told
 * only if its class names objects, and never its details. `undefined`: it has no SQLSTATE.
 */
function tellDatabaseError(message) {
    // The last one: what comes before may be data.
    const state = [...message.matchAll(/SQLState: ?([0-9A-Z]{5})/gi)].at(-1)?.[1]?.toUpperCase();
    if (state === undefined)
        return undefined;
    const kind = state.slice(0, 2);
    if (NAMES_OBJECTS.has(kind))
        return `${firstLine(message)} (SQLSTATE ${state})`;
    const meaning = CLASSES[kind];
    return `SQLSTATE ${state}${meaning === undefined ? '' : `, ${meaning}`}; the message may quote data and is not shown`;
}
function firstLine(message) {
    return message
        .replace(/\s*(?:\n|Detail:|Hint:|Where:|; ?SQLState:).*$/is, '')
        .replace(/[.;\s]+$/, '')
        .trim();
}

;// CONCATENATED MODULE: ./src/aurora/prepare/database.js



/** Why a statement did not run as it should. `what`: a clause without data of the database. */
class StatementError extends Error {
    constructor(what, cause) {
        super(what, { cause });
        this.name = 'StatementError';
    }
}
/** The rest before a busy or paused database is asked again, and between looks at a statement that goes on. */
const REST_MS = 3_000;
/** The database of a clone, through the RDS Data API. */
class CloneDatabase {
    dialect;
    #aws;
    #connection;
    /** Where its statements run; `undefined`: MySQL, and none was named. */
    get name() {
        return this.#connection.database;
    }
    constructor(aws, connection) {
        this.#aws = aws;
        this.#connection = connection;
        this.dialect = connection.dialect;
    }
    /** For what may be sent twice: queries, and changes that are the same the second time. Throws StatementError. */
    async ask({ sql, database }) {
        for (;;) {
            await this.#connection.beat();
            try {
                return (await this.#send(sql, database)).rows;
            }
            catch (error) {
                if (!isNotStarted(error) && !(0,aws_call/* isTransient */.dg)(error))
                    throw statementError(error);
                await this.rest();
            }
        }
    }
    /** The first value of the only row, as a number. */
    async askNumber(query) {
        const [[value] = []] = await this.ask(query);
        return Number(value ?? 0);
    }
    /**
     * Runs what must not run twice. AWS's answer proves the success, or else the marker that the statement leaves. Throws
     * StatementError.
     */
    async runMarked(number, { run, after }) {
        await this.runOnce(run, number);
        for (const sql of after)
            await this.runOnce(sql);
    }
    /** What may not stand in a block runs alone: then AWS's answer is the only proof, and its marker is written afterwards. */
    async runAlone(number, sql) {
        const rows = await this.runOnce(sql);
        await this.runOnce(this.dialect.note({ number, rows }));
    }
    /** Returns the number of changed rows. Without a marker, only AWS's answer proves the success. */
    async runOnce(sql, marker) {
        for (;;) {
            await this.#connection.beat();
            try {
                return (await this.#send(sql)).updated;
            }
            catch (error) {
                if (isNotStarted(error)) {
                    await this.rest();
                    continue;
                }
                if (!isUndecided(error))
                    throw statementError(error);
                if (marker === undefined)
                    throw new StatementError('AWS gave no answer within 45 seconds, so nothing proves its success', error);
                await this.#settle(marker, error);
                return 0;
            }
        }
    }
    /** The counts of rows of all statements from `first` to `last`. Throws StatementError if one of them has left no marker. */
    async counts(first, last) {
        const rows = await this.ask({ sql: this.dialect.markers({ first, last }) });
        const counts = new Map(rows.map(([number, count]) => [Number(number), Number(count)]));
        return Array.from({ length: last - first + 1 }, (_, index) => {
            const count = counts.get(first + index);
            if (count === undefined)
                throw new StatementError('the database does not say that each statement has succeeded');
            return count;
        });
    }
    /** Waits until a statement that AWS does not answer any more has left its marker, or has ended without. */
    async #settle(marker, cause) {
        this.#aws.log.info('The statement takes longer than an answer of AWS may; waiting for its end');
        const sql = this.dialect.markers({ first: marker, last: marker });
        const hasSucceeded = async () => (await this.ask({ sql })).length > 0;
        let looksWithout = 0;
        while (!(await hasSucceeded())) {
            const running = await this.askNumber({ sql: this.dialect.running });
            looksWithout = running === 0 ? looksWithout + 1 : 0;
            // It may have ended between the two looks, or be between two steps of its own.
            if (looksWithout > 1)
                throw new StatementError('it ended without success, and AWS does not tell why', cause);
            await this.rest();
        }
    }
    async #send(sql, database = this.#connection.database) {
        const { clusterArn, secretArn } = this.#connection;
        return await this.#aws.dataApi.execute({ clusterArn, secretArn, database }, sql);
    }
    async rest() {
        await this.#aws.clock.sleep(REST_MS, this.#aws.signal);
    }
}
/**
 * Whether no procedure can be made of a statement: MySQL does not take every statement in one, nor this one by the protocol of
 * prepared statements, which AWS may use (MySQL, errors 1295, 1303, 1314 and 1336; RDS Data API, "Limitations").
 */
function isNoProcedure(error) {
    return /error code: ?(?:1295|1303|1314|1336)\b|multistatement/i.test(reasonOf(error));
}
/** Whether the schema or database that a statement makes is there already (PostgreSQL, appendix A; MySQL, error 1007). */
function isThereAlready(error) {
    return /sqlstate: ?42P06\b|error code: ?1007\b/i.test(reasonOf(error));
}
function reasonOf(error) {
    const { cause } = error instanceof StatementError ? error : {};
    return cause instanceof aws_call/* AwsCallError */.iQ ? cause.message : '';
}
/** Text that a statement cannot contain. */
function newNonce() {
    return (0,external_node_crypto_.randomBytes)(12).toString('hex');
}
/** AWS refused before the database saw it, for a reason that passes (RDS Data API, ExecuteStatement, errors). */
function isNotStarted(error) {
    return ((0,aws_call/* hasCode */.up)(error, 'DatabaseResumingException', 'DatabaseUnavailableException', 'HttpEndpointNotEnabledException', 'InvalidResourceStateException') ||
        (error instanceof aws_call/* AwsCallError */.iQ && (0,aws_call/* isThrottling */.E2)(error)));
}
/** The statement may have run, or run still. */
function isUndecided(error) {
    return (0,aws_call/* hasCode */.up)(error, 'StatementTimeoutException') || (0,aws_call/* isTransient */.dg)(error);
}
/** Refusals of the RDS Data API itself, which quote no data. Others may have the database's own words. */
const WORDS_OF_AWS = /^(?:Database returned more than|Cannot find parameter|Number of characters|Multistatements|HttpEndpoint|The secret)/;
/** A fault of the database becomes words without data. Everything else stays as it is. */
function statementError(error) {
    if (!(0,aws_call/* hasCode */.up)(error, 'DatabaseErrorException', 'BadRequestException'))
        return error;
    const { cause } = error;
    const told = tellDatabaseError(cause instanceof Error ? cause.message : error.message);
    const isOfAws = error.code === 'BadRequestException' && WORDS_OF_AWS.test(error.message);
    return told === undefined && isOfAws
        ? error
        : new StatementError(told ?? 'it was refused without an SQLSTATE, and the message may quote data', error);
}

// EXTERNAL MODULE: ./src/aurora/prepare/login.js + 2 modules
var login = __webpack_require__(4507);
// EXTERNAL MODULE: ./src/aurora/prepare/plan.js
var plan = __webpack_require__(5547);
// EXTERNAL MODULE: ./src/counted.js
var counted = __webpack_require__(2307);
// EXTERNAL MODULE: ./src/quotation.js
var quotation = __webpack_require__(6399);
// EXTERNAL MODULE: ./src/sanitise/column-decisions.js
var column_decisions = __webpack_require__(3298);
// EXTERNAL MODULE: ./src/sanitise/dialects/dialect.js
var dialect = __webpack_require__(8824);
;// CONCATENATED MODULE: ./src/aurora/prepare/sanitise.js






/** Switches off what a clone would do by itself, and the logins of its source. Both are proven by the catalogue afterwards. */
async function isolate(database, { sanitises, disablesLogins, keepLogins }, log) {
    const automations = await handleAutomations(database, { switchOff: sanitises, log });
    const logins = disablesLogins ? await disableLogins(database, keepLogins) : [];
    if (logins.length > 0)
        log.info(`Logins disabled: ${logins.length} (${listed(logins)})`);
    return { automations, logins };
}
/** Statements whose counts are read at once. */
const COUNTED_AT_ONCE = 500;
/** Runs the statements, in the order of the files. Returns the rows of each file. */
async function runStatements(database, statements, log) {
    const files = new Map();
    for (let done = 0; done < statements.length; done += COUNTED_AT_ONCE) {
        const part = statements.slice(done, done + COUNTED_AT_ONCE);
        for (const [index, statement] of part.entries())
            await runOne(database, statement, done + index + 1);
        const counts = await database.counts(done + 1, done + part.length);
        for (const [index, statement] of part.entries()) {
            const rows = counts[index] ?? 0;
            const { file, number } = statement;
            log.info(`${place(statement)}: ${(0,counted/* counted */.h)(rows, 'row')}`);
            files.set(file, { name: file, statements: number, rows: (files.get(file)?.rows ?? 0) + rows });
        }
    }
    return [...files.values()];
}
/** Everybody who may read a table may read the statistics of its columns (PostgreSQL, pg_stats). */
async function renewStatistics(database, first) {
    const { newStatistics, marked } = database.dialect;
    for (const [index, text] of newStatistics.entries()) {
        const number = first + index;
        await database.runMarked(number, marked({ number, text, nonce: newNonce() }));
    }
}
/** Runs the queries that must not have a row. The statements' markers are numbered from 1, so these follow `after`. */
async function runChecks(database, checks, { after, log }) {
    const { dialect } = database;
    for (const [index, check] of checks.entries()) {
        const number = after + index + 1;
        await told(check, () => database.runMarked(number, dialect.counted({ number, text: check.text, nonce: newNonce() })));
    }
    if (checks.length === 0)
        return;
    const counts = await database.counts(after + 1, after + checks.length);
    const found = checks.flatMap((check, index) => {
        const rows = counts[index] ?? 0;
        return rows === 0 ? [] : [`${place(check)} found ${(0,counted/* counted */.h)(rows, 'row')}`];
    });
    if (found.length > 0)
        throw new failure/* Failure */.HR({
            title: 'Verification failed',
            what: `Queries of verify-sql must find nothing: ${listed(found)}. The clone was not published.`,
            remedy: 'Correct the statements of sanitize-sql, then run again: the next clone begins anew.',
        });
    log.info(`Queries of verify-sql: ${checks.length}, and none finds a row`);
}
/** Compares the columns of every database with the decisions about them. */
async function checkColumns(database, order, log) {
    const { decisions } = order;
    if (decisions === undefined)
        return undefined;
    const { masked, kept, undecided, unused } = (0,column_decisions/* judgeColumns */.$m)(await columnsOf(database), decisions);
    if (unused.length > 0)
        log.warning(`column-decisions names columns that do not exist: ${listed(unused)}.`);
    log.info(`Columns: ${masked} masked, ${kept} kept, ${undecided.length} undecided`);
    if (undecided.length === 0)
        return { masked, kept };
    const lines = (0,column_decisions/* missingLines */.uR)(undecided);
    // In no group, which GitHub folds: these lines are what the run is about.
    log.info('Lines that column-decisions lacks; write masked where sanitize-sql masks the column:');
    for (const line of lines)
        log.info((0,quotation/* quote */.hD)(line));
    throw new failure/* Failure */.HR({
        title: 'Column without a decision',
        what: `${undecided.length} ${undecided.length === 1 ? 'column has' : 'columns have'} no line in column-decisions: ${listed(lines.map((line) => line.replace(/: kept$/, '')))}. The clone was not published.`,
        remedy: 'Add the lines that the log prints to the file, and decide: masked where sanitize-sql masks the column, kept where everybody may see it.',
    });
}
/**
 * The markers are there only while statements run, so that they are no columns of the clone. That they cannot be made twice keeps
 * two runs apart. `again`: only queries follow, so those of a run that was cut off are replaced.
 */
async function withMarkers(database, again, work) {
    const { setUpMarkers, removeMarkers } = database.dialect;
    if (again)
        for (const sql of removeMarkers)
            await database.runOnce(sql);
    try {
        for (const sql of setUpMarkers)
            await database.runOnce(sql);
    }
    catch (error) {
        throw isThereAlready(error) ? begunByAnother(error) : error;
    }
    const result = await work();
    for (const sql of removeMarkers)
        await database.runOnce(sql);
    return result;
}
function begunByAnother(cause) {
    return new failure/* Failure */.HR({
        title: 'Clone not published',
        what: `Another run has begun to sanitise this clone, whose marks are in "${dialect/* MARKERS */.Q}". Nobody gets its endpoint from this run.`,
        remedy: `Look at the other run, then run again: the next clone begins anew. If the source has a schema or database "${dialect/* MARKERS */.Q}", drop it there.`,
        cause,
    });
}
async function runOne(database, statement, number) {
    const { text, alone } = statement;
    await told(statement, async () => {
        if (alone) {
            await database.runAlone(number, text);
            return;
        }
        const calls = database.dialect.marked({ number, text, nonce: newNonce() });
        try {
            for (const sql of calls.before)
                await database.runOnce(sql);
        }
        catch (error) {
            if (!isNoProcedure(error))
                throw error;
            await database.runAlone(number, text);
            return;
        }
        await database.runMarked(number, calls);
    });
}
/** Names the statement in what went wrong. */
async function told(statement, run) {
    try {
        return await run();
    }
    catch (error) {
        if (!(error instanceof StatementError))
            throw error;
        throw new failure/* Failure */.HR({
            title: 'Statement failed',
            what: `${place(statement)} failed: ${error.message}. The clone was not published.`,
            remedy: 'Correct the statement, then run again: the next clone begins anew.',
            cause: error,
        });
    }
}
function place({ file, number, line }) {
    return `${(0,quotation/* quote */.hD)(file)}, statement ${number} (line ${line})`;
}
async function disableLogins(database, keep) {
    const { dialect } = database;
    const read = async () => (await database.ask({ sql: dialect.logins })).filter((row) => !dialect.keptBy(row).some((name) => keep.includes(name)));
    const logins = await read();
    const refused = [];
    for (const row of logins)
        await database.ask({ sql: dialect.disableLogin(row) }).catch((error) => {
            if (!(error instanceof StatementError))
                throw error;
            refused.push(`${(0,quotation/* quote */.hD)(dialect.loginName(row))}: ${error.message}`);
        });
    const left = await read();
    if (left.length > 0)
        throw new failure/* Failure */.HR({
            title: 'Logins not disabled',
            what: `${left.length} logins of the source can still log in to the clone: ${listed(refused.length > 0 ? refused : left.map((row) => (0,quotation/* quote */.hD)(dialect.loginName(row))))}. The clone was not published.`,
            remedy: 'Let the master user alter these logins (in PostgreSQL: GRANT role TO master WITH ADMIN OPTION, on the source), or name them in keep-logins.',
        });
    await endSessions(database, keep);
    return logins.map((row) => (0,quotation/* quote */.hD)(dialect.loginName(row)));
}
const MOST_LOOKS = 10;
/** Those that a disabled login or the old password of the master has opened. */
async function endSessions(database, kept) {
    const { dialect } = database;
    const [[thisSession = null] = []] = await database.ask({ sql: dialect.thisSession });
    const sql = dialect.sessionsToEnd(thisSession, kept);
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
        const sessions = await database.ask({ sql });
        if (sessions.length === 0)
            return;
        for (const row of sessions)
            await tried(database, { sql: dialect.endSession(row) });
        await database.rest();
    }
    throw new failure/* Failure */.HR({
        title: 'Logins not disabled',
        what: 'Sessions of disabled logins did not end. The clone was not published.',
        remedy: 'Run again: the next clone begins anew.',
    });
}
/** Whether it worked, the next reading of the catalogue tells. */
async function tried(database, query) {
    await database.ask(query).catch((error) => {
        if (!(error instanceof StatementError))
            throw error;
    });
}
async function handleAutomations(database, { switchOff, log }) {
    const found = await automationsOf(database);
    const names = found.map(nameOf);
    if (names.length === 0)
        return [];
    if (!switchOff) {
        log.warning(`The clone does some things by itself, as its source does: ${listed(names)}.`);
        return names;
    }
    let left = found;
    // What is switched off may take a moment to end.
    for (let looks = 0; left.length > 0 && looks < MOST_LOOKS; looks++) {
        if (looks > 1)
            await database.rest();
        for (const { automation } of left)
            await tried(database, automation.off);
        left = await automationsOf(database);
    }
    if (left.length > 0)
        throw new failure/* Failure */.HR({
            title: 'Automations not switched off',
            what: `The clone would still do something by itself: ${listed(left.map(nameOf))}. The clone was not published.`,
            remedy: 'Let the master user of the source own them, or switch them off in a step of your own with publish: manual.',
        });
    log.info(`Switched off: ${listed(names)}`);
    return names;
}
function nameOf({ kind, automation }) {
    return `${kind.title}: ${(0,quotation/* quote */.hD)(automation.name)}`;
}
async function automationsOf(database) {
    const found = [];
    for (const kind of database.dialect.automations)
        for (const name of kind.where === 'one' ? [undefined] : (await databasesOf(database)).open) {
            const at = name === undefined ? {} : { database: name };
            if (kind.exists !== undefined) {
                const [[exists] = []] = await database.ask({ sql: kind.exists, ...at });
                if (exists !== true)
                    continue;
            }
            const rows = await database.ask({ sql: kind.list, ...at });
            found.push(...rows.map((row) => ({ kind, automation: kind.read(row) })));
        }
    return found;
}
/** `open`: the database of the statements first. `closed`: databases that allow no connection, whose owner may allow it again. */
async function databasesOf(database) {
    const { otherDatabases } = database.dialect;
    const own = database.name ?? '';
    if (otherDatabases === undefined)
        return { open: [own], closed: [] };
    const others = await database.ask({ sql: otherDatabases(own) });
    const named = (isOpen) => others.filter(([, allows]) => (allows === true) === isOpen).map(([name]) => (0,dialect/* text */.N)(name));
    return { open: [own, ...named(true)], closed: named(false) };
}
/** An answer of the Data API has at most 1 MiB; 5,009 columns took 210 KB. */
const COLUMNS_A_PAGE = 2_000;
async function columnsOf(database) {
    const columns = [];
    const { open, closed } = await databasesOf(database);
    if (closed.length > 0)
        throw new failure/* Failure */.HR({
            title: 'Column without a decision',
            what: `Nobody can look into databases that allow no connection: ${listed(closed.map((name) => (0,quotation/* quote */.hD)(name)))}. The clone was not published.`,
            remedy: 'Drop them in sanitize-sql, or allow connections to them on the source.',
        });
    for (const [index, name] of open.entries())
        for (let offset = 0;; offset += COLUMNS_A_PAGE) {
            const sql = database.dialect.columns({ offset, limit: COLUMNS_A_PAGE });
            const rows = await database.ask({ sql, database: name });
            columns.push(...rows.map((row) => [...(index === 0 ? [] : [name]), ...row.map(dialect/* text */.N)]));
            if (rows.length < COLUMNS_A_PAGE)
                break;
        }
    return columns;
}
const MOST_LISTED = 20;
function listed(names) {
    const more = names.length - MOST_LISTED;
    return `${names.slice(0, MOST_LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

;// CONCATENATED MODULE: ./src/aurora/prepare/converge.js













/**
 * Brings a clone from *ready at AWS* to where it may be published: it gets a password of its own, is sanitised, and moves to its
 * network. A run that was interrupted before the first statement is continued by the next one: the state is AWS's.
 */
async function prepareClone(aws, clone, order) {
    const run = new PreparationRun(aws, clone, order);
    try {
        return await (0,converge/* converge */.cB)(aws, order.pace, run);
    }
    catch (error) {
        if (error instanceof NoLongerWanted)
            return { kind: 'unwanted', clone: run.clone };
        throw error;
    }
}
class NoLongerWanted extends Error {
}
const SAID = {
    'manage-password': 'AWS makes a master password for the clone and keeps it in Secrets Manager',
    move: 'The clone moves to its own security groups',
};
class PreparationRun {
    logPrefix = '';
    #aws;
    #order;
    clone;
    #memory = plan/* FRESH_PREPARATION */.VU;
    #report;
    #milestones = {};
    /** When this run last said that it is at work, by the runner's clock. */
    #beatAtMs = -Infinity;
    constructor(aws, clone, order) {
        this.#aws = aws;
        this.clone = clone;
        this.#order = order;
    }
    turn = async () => {
        (0,converge/* throwIfCancelled */.dZ)(this.#aws, this);
        await this.#tellAtWork();
        const { clone } = this;
        if (clone.preparation.kind === 'clean' && this.#memory.cleanAtMs === undefined)
            this.#memory = { ...this.#memory, cleanAtMs: (0,aws_run/* timeAtAws */.A)(this.#aws) };
        const step = (0,plan/* planPreparation */.Xo)({
            clone,
            order: this.#order,
            memory: this.#memory,
            nowMs: this.#aws.clock.now(),
            awsNowMs: (0,aws_run/* timeAtAws */.A)(this.#aws),
        });
        switch (step.kind) {
            case 'done':
                return (0,converge/* done */.Vw)({ kind: 'prepared', clone, report: this.#report, milestones: this.#milestones });
            case 'handed-over':
                return (0,converge/* done */.Vw)({ kind: 'handed-over', clone, report: this.#report, milestones: this.#milestones });
            case 'begin-anew':
                return (0,converge/* done */.Vw)({ kind: 'begin-anew', clone });
            case 'fail':
                throw converge_explain(step.why, clone);
            case 'wait':
                await this.#throwIfUnwanted();
                return step;
            case 'prove':
                return await this.#prove(step.secretArn);
            case 'change':
                return await this.#change(step.change);
            case 'tag':
                await this.#write(step.preparation);
                if (step.preparation.kind === 'begun')
                    this.#tellQuarantine();
                return { kind: 'look' };
            case 'work':
                await this.#work(step.work);
                return { kind: 'look' };
        }
    };
    #tellQuarantine() {
        if (this.#order.securityGroupIds === undefined)
            return;
        const { securityGroupIds } = this.clone.cluster;
        this.#aws.log.info(`The clone is in quarantine until it is clean (${securityGroupIds.join(', ')})`);
    }
    async #change(change) {
        const said = SAID[change.kind];
        if (said !== undefined)
            this.#aws.log.info(said);
        try {
            this.clone = await (0,change_clone/* changeClone */.mB)(this.#aws, this.clone, change);
            const changedAtMs = { ...this.#memory.changedAtMs, [change.kind]: this.#aws.clock.now() };
            this.#memory = { ...this.#memory, changedAtMs };
            return { kind: 'look' };
        }
        catch (error) {
            const mayPass = (0,aws_call/* isTransient */.dg)(error) ||
                (0,aws_call/* hasCode */.up)(error, 'InvalidDBClusterStateFault', 'InvalidResourceStateFault') ||
                this.#isTagLag(error);
            if (!mayPass)
                throw error;
            return {
                kind: 'wait',
                waitingFor: `waiting for AWS to take a change: ${error.message}`,
                refusal: error,
            };
        }
    }
    async #prove(secretArn) {
        const { cluster } = this.clone;
        const problem = await (0,login/* loginProblem */.$n)(this.#aws, cluster, {
            secretArn,
            database: this.#databaseName(),
            mayPass: (denial) => this.#isTagLag(denial),
        });
        if (problem !== undefined) {
            const waitingFor = `waiting for the new password to work: ${problem.message}`;
            return { kind: 'wait', waitingFor, restMs: login/* BETWEEN_LOGINS_MS */.Fv, refusal: problem };
        }
        this.#aws.log.info('A login with the new password works');
        this.#milestones = { ...this.#milestones, credentials: this.#aws.awsNow() };
        this.#memory = { ...this.#memory, isProven: true };
        return { kind: 'look' };
    }
    /** What fails here leaves data that is half changed, and says so, so that the next run begins anew. */
    async #work(work) {
        const { sanitising } = this.#order;
        if (sanitising === undefined)
            throw new Error('there is no order to work by');
        try {
            this.#report = await this.#sanitise(work, sanitising);
            this.#milestones = { ...this.#milestones, prepared: this.#aws.awsNow() };
            this.#memory = { ...this.#memory, isWorkDone: true };
        }
        catch (error) {
            if (work === 'sanitise' && !(error instanceof failure/* Cancelled */.cJ))
                await this.#writeFailed();
            // Whoever takes a clone over ends the sessions of others.
            if (this.#isTheirs())
                throw takenOver(this.clone);
            // The loop would take the step again after a look that AWS did not answer.
            throw error instanceof aws_call/* AwsCallError */.iQ ? (0,explain/* explainAwsError */.N)(error) : error;
        }
    }
    async #sanitise(work, order) {
        const { log } = this.#aws;
        const database = this.#database();
        const isolation = await log.group('Logins, and what the clone does by itself', async () => {
            const done = await isolate(database, order, log);
            if (order.disablesLogins && done.logins.length === 0)
                log.info('Logins disabled: 0');
            return done;
        });
        const report = { ...isolation, files: [], checks: 0, columns: undefined };
        if (work === 'isolate')
            return report;
        const { checks } = order;
        const statements = work === 'sanitise' ? order.statements : [];
        const files = statements.length + checks.length === 0
            ? []
            : await log.group('Sanitise and verify', () => withMarkers(database, work === 'verify', async () => {
                const done = await runStatements(database, statements, log);
                await runChecks(database, checks, { after: statements.length, log });
                if (statements.length > 0)
                    await renewStatistics(database, statements.length + checks.length + 1);
                return done;
            }));
        const columns = await checkColumns(database, order, log);
        // A statement of the user's may have made a login, or an event.
        const again = statements.length === 0 ? isolation : await isolate(database, order, log);
        return {
            ...report,
            logins: [...new Set([...isolation.logins, ...again.logins])],
            files,
            checks: checks.length,
            columns,
        };
    }
    #database() {
        const { arn: clusterArn, secretArn = '' } = this.clone.cluster;
        const dialect = (0,login/* dialectOf */.E3)(this.clone.cluster);
        const database = this.#databaseName();
        return new CloneDatabase(this.#aws, { clusterArn, secretArn, database, dialect, beat: this.#beat });
    }
    #databaseName() {
        return (0,login/* databaseOf */.zJ)(this.clone.cluster, this.#order.sanitising?.database);
    }
    /** Before each statement and while one runs: this run says that it is at work, and asks whether the clone is still wanted. */
    #beat = async () => {
        (0,converge/* throwIfCancelled */.dZ)(this.#aws, this);
        const nowMs = this.#aws.clock.now();
        const { startedAtMs, limitMs } = this.#order.pace;
        if (nowMs > startedAtMs + limitMs)
            throw this.timedOut({ kind: 'wait', waitingFor: 'sanitising' });
        if (nowMs - this.#beatAtMs < preparation/* BEAT_MS */.Gp)
            return;
        const wasMine = this.#isMine();
        await this.look();
        if (wasMine && !this.#isMine())
            throw takenOver(this.clone);
        await this.#tellAtWork();
    };
    /** Once a minute: the tag says that this run is at work, unless the clone is no longer wanted. */
    async #tellAtWork() {
        const nowMs = this.#aws.clock.now();
        if (nowMs - this.#beatAtMs < preparation/* BEAT_MS */.Gp)
            return;
        this.#beatAtMs = nowMs;
        await this.#throwIfUnwanted();
        if (this.#isMine())
            await this.#write({ kind: 'begun', run: this.#order.run, atMs: (0,aws_run/* timeAtAws */.A)(this.#aws) });
    }
    #isMine() {
        const { preparation } = this.clone;
        return preparation.kind === 'begun' && preparation.run === this.#order.run;
    }
    #isTheirs() {
        return this.clone.preparation.kind === 'begun' && !this.#isMine();
    }
    async #throwIfUnwanted() {
        if (!(await this.#order.isStillWanted()))
            throw new NoLongerWanted();
    }
    async #write(preparation) {
        const written = await (0,renewal/* writeTags */.p)(this.#aws, this.clone, {
            preparation: { now: preparation, by: this.#order.run },
        });
        if (written === undefined)
            throw (0,renewal/* deletedMeanwhile */.e_)(this.clone.cluster.identifier);
        this.clone = written;
        if (preparation.kind === 'handed-over')
            this.#memory = { ...this.#memory, isHandedOver: true };
    }
    async #writeFailed() {
        await this.#write({ kind: 'failed' }).catch(() => {
            this.#aws.log.warning('The clone could not be marked as failed; the next run begins anew after five minutes.');
        });
    }
    #isTagLag(error) {
        const { createdAtMs } = this.clone;
        return (0,aws_call/* isDeniedToNew */.$c)(error, { createdAtMs, nowMs: (0,aws_run/* timeAtAws */.A)(this.#aws) });
    }
    look = async () => {
        this.clone = await (0,change_clone/* lookAgain */.IK)(this.#aws, this.clone);
    };
    timedOut = ({ waitingFor, refusal }) => {
        if (refusal !== undefined && (0,aws_call/* isDenied */.GZ)(refusal))
            return (0,explain/* explainAwsError */.N)(refusal);
        const { identifier } = this.clone.cluster;
        return new failure/* Failure */.HR({
            title: 'Timed out',
            what: `Clone "${identifier}" was not ready to be published within ${(0,duration/* formatDuration */.a3)(this.#order.pace.limitMs)} (${waitingFor}).`,
            remedy: 'Run the job again, which continues, with a longer wait-timeout if necessary.',
        });
    };
    standing = () => `Clone "${this.clone.cluster.identifier}" is not published yet.`;
}
function converge_explain(why, { cluster: { identifier } }) {
    const [what, remedy] = FAILURES[why];
    return new failure/* Failure */.HR({
        title: 'Clone not published',
        what: `Clone "${identifier}" ${what}. Nobody gets its endpoint.`,
        remedy,
    });
}
const FAILURES = {
    'no-order': [
        'was made to be sanitised before it is published, and this run has none of the inputs for that',
        preparation/* NEEDED_INPUTS */.aM,
    ],
    'not-handed-over': [
        'is not in the hands of the steps of this workflow run, so mode publish has nothing to publish',
        'Run mode create with publish: manual in the same workflow run before it.',
    ],
    'no-login': [
        'has the password of its source, and this run is to look into its database',
        'Make the clone anew, with master-credentials: managed in mode create.',
    ],
    'left-half-prepared': [
        'was left half prepared by a run that has ended',
        'Run mode create: it makes the next clone, and begins anew.',
    ],
};
function takenOver({ cluster: { identifier } }) {
    return new failure/* Failure */.HR({
        title: 'Clone not published',
        what: `Another run has taken clone "${identifier}" over. Nobody gets its endpoint from this run.`,
        remedy: 'Look at the other run; nothing is to be done in this one.',
    });
}


/***/ }),

/***/ 4507:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  Fv: () => (/* binding */ BETWEEN_LOGINS_MS),
  zJ: () => (/* binding */ databaseOf),
  E3: () => (/* binding */ dialectOf),
  $n: () => (/* binding */ loginProblem)
});

// EXTERNAL MODULE: ./src/sanitise/dialects/dialect.js
var dialect = __webpack_require__(8824);
;// CONCATENATED MODULE: ./src/sanitise/dialects/mysql.js

function identifier(name) {
    return `\`${name.replaceAll('`', '``')}\``;
}
/** The user of a name from an input, in hexadecimal, since `sql_mode` changes what a backslash means. */
function userOf(login) {
    return `CONVERT(0x${Buffer.from(login.replace(/@[^@]*$/, '') || '-').toString('hex')} USING utf8mb4)`;
}
/** In backticks, where a backslash is a backslash under every `sql_mode`. */
function account(user, host) {
    return `${identifier(user)}@${identifier(host)}`;
}
/**
 * Accounts of AWS's and MySQL's own, each with the host that it has: with another host it is another account (Aurora user guide,
 * AuroraMySQL.Security; MySQL, reserved accounts).
 */
const RESERVED = [
    'rdsadmin@localhost',
    'rdsadmin@127.0.0.1',
    'rdsproxyadmin@%',
    'rdsrepladmin@%',
    'mysql.sys@localhost',
    'mysql.session@localhost',
    'mysql.infoschema@localhost',
];
const SYSTEM_SCHEMAS = ['information_schema', 'mysql', 'performance_schema', 'sys', dialect/* MARKERS */.Q];
/** Threads of the server, and users of AWS's own. */
const SERVER_USERS = [
    'system user',
    'event_scheduler',
    'unauthenticated user',
    'rdsadmin',
    'rdsproxyadmin',
    'rdsrepladmin',
];
function list(names) {
    return names.map((name) => `'${name}'`).join(', ');
}
/**
 * No variable stands in it: a name of its own would come before a column of the same name.
 * A procedure, since a block outside of one is no statement of MySQL. It stands in the database of the statement, which is where names in
 * it are looked for.
 */
function procedure(number, body) {
    const name = `${dialect/* MARKERS */.Q}_${number}`;
    return {
        before: [`CREATE PROCEDURE ${name}()\nBEGIN\n${body}\nEND`],
        run: `CALL ${name}()`,
        after: [`DROP PROCEDURE ${name}`],
    };
}
const MYSQL = {
    defaultDatabase: undefined,
    logins: `SELECT user, host FROM mysql.user WHERE account_locked = 'N' AND CAST(CONCAT(user, '@', host) AS BINARY) <> CAST(CURRENT_USER() AS BINARY) AND CONCAT(user, '@', host) NOT IN (${list(RESERVED)}) ORDER BY user, host`,
    loginName: ([user, host]) => `${(0,dialect/* text */.N)(user)}@${(0,dialect/* text */.N)(host)}`,
    disableLogin: ([user, host]) => `ALTER USER ${account((0,dialect/* text */.N)(user), (0,dialect/* text */.N)(host))} ACCOUNT LOCK`,
    keptBy: ([user, host]) => [(0,dialect/* text */.N)(user), `${(0,dialect/* text */.N)(user)}@${(0,dialect/* text */.N)(host)}`],
    thisSession: 'SELECT CONNECTION_ID()',
    // MySQL keeps the sessions of an account that is locked. Ids of connections only grow.
    sessionsToEnd: (since, kept) => `SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND user NOT IN (${[list(SERVER_USERS), ...kept.map(userOf)].join(', ')}) AND (user <> SUBSTRING_INDEX(CURRENT_USER(), '@', 1) OR id < ${Number(since)})`,
    endSession: ([id]) => `CALL mysql.rds_kill(${Number(id)})`,
    otherDatabases: undefined,
    automations: [
        {
            title: 'events',
            where: 'one',
            list: `SELECT event_schema, event_name FROM information_schema.events WHERE status = 'ENABLED' ORDER BY 1, 2`,
            read: ([schema, name]) => ({
                name: `${(0,dialect/* text */.N)(schema)}.${(0,dialect/* text */.N)(name)}`,
                off: { sql: `ALTER EVENT ${identifier((0,dialect/* text */.N)(schema))}.${identifier((0,dialect/* text */.N)(name))} DISABLE` },
            }),
        },
    ],
    setUpMarkers: [
        `CREATE DATABASE ${dialect/* MARKERS */.Q}`,
        `CREATE TABLE ${dialect/* MARKERS */.Q}.done (number INT PRIMARY KEY, rows_found BIGINT NOT NULL)`,
    ],
    removeMarkers: [`DROP DATABASE IF EXISTS ${dialect/* MARKERS */.Q}`],
    note: ({ number, rows }) => `INSERT INTO ${dialect/* MARKERS */.Q}.done VALUES (${number}, ${rows})`,
    marked: ({ number, text: sql }) => procedure(number, `${sql}\n;\nINSERT INTO ${dialect/* MARKERS */.Q}.done VALUES (${number}, GREATEST(ROW_COUNT(), 0));`),
    counted: ({ number, text: sql }) => ({
        before: [],
        run: `INSERT INTO ${dialect/* MARKERS */.Q}.done SELECT ${number}, COUNT(*) FROM (${sql}\n) AS found`,
        after: [],
    }),
    markers: ({ first, last }) => `SELECT number, rows_found FROM ${dialect/* MARKERS */.Q}.done WHERE number BETWEEN ${first} AND ${last}`,
    running: `SELECT COUNT(*) FROM information_schema.processlist WHERE user = SUBSTRING_INDEX(CURRENT_USER(), '@', 1) AND command <> 'Sleep' AND id <> CONNECTION_ID()`,
    newStatistics: [],
    columns: ({ offset, limit }) => `SELECT c.table_schema, c.table_name, c.column_name
FROM information_schema.columns c
JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
WHERE t.table_type = 'BASE TABLE' AND c.table_schema NOT IN (${list(SYSTEM_SCHEMAS)})
ORDER BY 1, 2, 3 LIMIT ${limit} OFFSET ${offset}`,
};

// EXTERNAL MODULE: ./src/sanitise/first-word.js
var first_word = __webpack_require__(7583);
;// CONCATENATED MODULE: ./src/sanitise/dialects/postgresql.js


function postgresql_identifier(name) {
    return `"${name.replaceAll('"', '""')}"`;
}
/** The form with E counts backslashes the same way under each setting of `standard_conforming_strings`. */
function literal(value) {
    return `E'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
/** Roles of AWS's own that may log in. Nobody else can: their passwords are AWS's (Aurora user guide, AuroraPostgreSQL.Security). */
const AWS_ROLES = ['rdsadmin', 'rdsproxyadmin', 'rdsrepladmin', 'rdstopmgr', 'rdswriteforwarduser'];
/** Without the schema of the markers, and AWS's own database. */
const DATA_SCHEMAS = `n.nspname NOT IN ('pg_catalog', 'information_schema', '${dialect/* MARKERS */.Q}') AND n.nspname !~ '^pg_(toast|temp)'`;
function noted(number) {
    return `INSERT INTO ${dialect/* MARKERS */.Q}.done (number, rows_found) VALUES (${number}, n);`;
}
/** Row-level security would hide rows from a statement without a word: switched off, it is an error (PostgreSQL, row_security). */
function block(nonce, body) {
    return `DO $b${nonce}$
DECLARE n bigint := 0;
BEGIN
PERFORM set_config('row_security', 'off', true);
${body}
END
$b${nonce}$`;
}
function alone(run) {
    return { before: [], run, after: [] };
}
/** The text ends with a line break, since it may end in a comment. */
function quoted(nonce, sql) {
    return `$s${nonce}$${sql}\n$s${nonce}$`;
}
/**
 * ANALYZE leaves the statistics of an empty table as they were, and a column that gets its own type again loses them (PostgreSQL,
 * `do_analyze_rel` and `ATExecAlterColumnType`). What cannot be altered, such as a column of a view, stays.
 */
const FORGET_EMPTY_TABLES = `DO $forget$
DECLARE c record;
BEGIN
FOR c IN
  SELECT a.attrelid::regclass AS tab, a.attname AS col, format_type(a.atttypid, a.atttypmod)
    || CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || a.attcollation::regcollation::text ELSE '' END AS typ
  FROM pg_catalog.pg_stats s
  JOIN pg_catalog.pg_namespace n ON n.nspname = s.schemaname
  JOIN pg_catalog.pg_class k ON k.relname = s.tablename AND k.relnamespace = n.oid AND k.relkind = 'r' AND k.relpages = 0
  JOIN pg_catalog.pg_attribute a ON a.attrelid = k.oid AND a.attname = s.attname
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  WHERE ${DATA_SCHEMAS}
LOOP
  BEGIN
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE %s', c.tab, c.col, c.typ);
  EXCEPTION WHEN OTHERS THEN NULL;
  END;
END LOOP;
END
$forget$`;
const POSTGRESQL = {
    defaultDatabase: 'postgres',
    logins: `SELECT rolname FROM pg_catalog.pg_roles WHERE rolcanlogin AND rolname <> current_user AND rolname NOT IN (${AWS_ROLES.map(literal).join(', ')}) ORDER BY rolname`,
    loginName: ([name]) => (0,dialect/* text */.N)(name),
    disableLogin: ([name]) => `ALTER ROLE ${postgresql_identifier((0,dialect/* text */.N)(name))} NOLOGIN PASSWORD NULL`,
    keptBy: ([name]) => [(0,dialect/* text */.N)(name)],
    thisSession: 'SELECT extract(epoch FROM backend_start)::text FROM pg_catalog.pg_stat_activity WHERE pid = pg_backend_pid()',
    sessionsToEnd: (since) => `SELECT a.pid FROM pg_catalog.pg_stat_activity a JOIN pg_catalog.pg_roles r ON r.rolname = a.usename WHERE a.pid <> pg_backend_pid() AND (NOT r.rolcanlogin OR (a.usename = current_user AND a.backend_start < to_timestamp(${Number(since)})))`,
    endSession: ([pid]) => `SELECT pg_terminate_backend(${Number(pid)})`,
    otherDatabases: (database) => `SELECT datname, datallowconn FROM pg_catalog.pg_database WHERE datname NOT IN ('rdsadmin', 'template0', ${literal(database)}) ORDER BY datname`,
    automations: [
        {
            title: 'subscriptions',
            where: 'one',
            list: 'SELECT s.subname, d.datname FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = s.subdbid WHERE s.subenabled ORDER BY 1',
            read: ([name, database]) => ({
                name: (0,dialect/* text */.N)(name),
                off: { sql: `ALTER SUBSCRIPTION ${postgresql_identifier((0,dialect/* text */.N)(name))} DISABLE`, database: (0,dialect/* text */.N)(database) },
            }),
        },
        {
            // One that is in the middle of a transaction does not see that its subscription is off, and goes on.
            title: 'workers of subscriptions',
            where: 'one',
            list: 'SELECT s.subname, w.pid FROM pg_catalog.pg_stat_subscription w JOIN pg_catalog.pg_subscription s ON s.oid = w.subid WHERE w.pid IS NOT NULL AND NOT s.subenabled ORDER BY 1, 2',
            read: ([name, pid]) => ({
                name: (0,dialect/* text */.N)(name),
                off: { sql: `SELECT pg_terminate_backend(${Number(pid)})` },
            }),
        },
        {
            title: 'replication slots',
            where: 'one',
            list: 'SELECT slot_name, coalesce(database, current_database()) FROM pg_catalog.pg_replication_slots ORDER BY 1',
            read: ([name, database]) => ({
                name: (0,dialect/* text */.N)(name),
                off: { sql: `SELECT pg_drop_replication_slot(${literal((0,dialect/* text */.N)(name))})`, database: (0,dialect/* text */.N)(database) },
            }),
        },
        {
            title: 'pg_cron jobs',
            where: 'every',
            exists: `SELECT to_regclass('cron.job') IS NOT NULL`,
            list: 'SELECT jobid, current_database() FROM cron.job WHERE active ORDER BY 1',
            read: ([id, database]) => ({
                name: (0,dialect/* text */.N)(id),
                off: {
                    sql: `SELECT cron.alter_job(job_id := ${Number(id)}, active := false)`,
                    database: (0,dialect/* text */.N)(database),
                },
            }),
        },
    ],
    setUpMarkers: [
        `CREATE SCHEMA ${dialect/* MARKERS */.Q}`,
        `CREATE TABLE ${dialect/* MARKERS */.Q}.done (number integer PRIMARY KEY, rows_found bigint NOT NULL)`,
    ],
    removeMarkers: [`DROP SCHEMA IF EXISTS ${dialect/* MARKERS */.Q} CASCADE`],
    note: ({ number, rows }) => `INSERT INTO ${dialect/* MARKERS */.Q}.done VALUES (${number}, ${rows})`,
    marked: ({ number, text: sql, nonce }) => alone(
    // A procedure that commits may be called by the block itself alone.
    (0,first_word/* firstWord */.N)(sql) === 'CALL'
        ? block(nonce, `${sql}\n;\n${noted(number)}`)
        : block(nonce, `EXECUTE ${quoted(nonce, sql)};\nGET DIAGNOSTICS n = ROW_COUNT;\n${noted(number)}`)),
    counted: ({ number, text: sql, nonce }) => alone(block(nonce, `EXECUTE ${quoted(nonce, `SELECT count(*) FROM (${sql}\n) AS found`)} INTO n;\n${noted(number)}`)),
    markers: ({ first, last }) => `SELECT number, rows_found FROM ${dialect/* MARKERS */.Q}.done WHERE number BETWEEN ${first} AND ${last}`,
    running: `SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE usename = current_user AND state <> 'idle' AND backend_type = 'client backend' AND pid <> pg_backend_pid()`,
    newStatistics: ['ANALYZE', FORGET_EMPTY_TABLES],
    columns: ({ offset, limit }) => `SELECT n.nspname, c.relname, a.attname
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'f') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped AND ${DATA_SCHEMAS}
UNION ALL SELECT 'pg_catalog', 'pg_largeobject', 'data' WHERE EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata)
ORDER BY 1, 2, 3 LIMIT ${limit} OFFSET ${offset}`,
};

// EXTERNAL MODULE: ./src/aurora/api/aws-call.js
var aws_call = __webpack_require__(6489);
;// CONCATENATED MODULE: ./src/aurora/prepare/login.js



/** The rest before the next login is tried. */
const BETWEEN_LOGINS_MS = 3_000;
const LOGIN = 'SELECT 1';
function dialectOf({ engine }) {
    return engine === 'aurora-mysql' ? MYSQL : POSTGRESQL;
}
/** Without a name, PostgreSQL takes that of the user's name, which need not be there. */
function databaseOf(cluster, asked) {
    return asked ?? cluster.databaseName ?? dialectOf(cluster).defaultDatabase;
}
/**
 * Why a login with the secret fails, or `undefined`. It may work later: password, Data API and database take their time. A denial does not
 * pass, and is thrown unless `mayPass`.
 */
async function loginProblem({ dataApi }, { arn: clusterArn }, { mayPass, ...how }) {
    try {
        await dataApi.execute({ clusterArn, ...how }, LOGIN);
        return undefined;
    }
    catch (error) {
        if (!(error instanceof aws_call/* AwsCallError */.iQ) || ((0,aws_call/* isDenied */.GZ)(error) && !mayPass(error)))
            throw error;
        return error;
    }
}


/***/ }),

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

/***/ 8824:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   N: () => (/* binding */ text),
/* harmony export */   Q: () => (/* binding */ MARKERS)
/* harmony export */ });
/** The schema or database of the marks that statements leave. */
const MARKERS = 'aurora_clone_action';
function text(value) {
    return value === null || value === undefined ? '' : String(value);
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


/***/ })

};
