export const id = 615;
export const ids = [615];
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

/***/ 615:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   rewindClone: () => (/* binding */ rewindClone)
/* harmony export */ });
/* harmony import */ var _duration_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(269);
/* harmony import */ var _failure_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(9555);
/* harmony import */ var _api_aws_call_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6489);
/* harmony import */ var _api_aws_run_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(3896);
/* harmony import */ var _api_describe_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(2216);
/* harmony import */ var _clone_renewal_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(2408);
/* harmony import */ var _clone_reset_requests_js__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(3434);
/* harmony import */ var _clone_writer_js__WEBPACK_IMPORTED_MODULE_7__ = __webpack_require__(1541);
/* harmony import */ var _converge_js__WEBPACK_IMPORTED_MODULE_8__ = __webpack_require__(1605);
/* harmony import */ var _change_clone_js__WEBPACK_IMPORTED_MODULE_9__ = __webpack_require__(5000);
/* harmony import */ var _login_js__WEBPACK_IMPORTED_MODULE_10__ = __webpack_require__(4507);
/* harmony import */ var _rewind_plan_js__WEBPACK_IMPORTED_MODULE_11__ = __webpack_require__(1444);












const REFUSALS = [
    'AccessDenied',
    'InvalidDBClusterStateFault',
    'InvalidParameterCombination',
    'InvalidParameterValue',
];
/** Refusals in a row: AWS may still be busy with the clone. */
const MOST_REFUSALS = 5;
/**
 * Takes a clone in use back to a time of its own, on Aurora MySQL with a backtrack window. It is done when a login with its own password
 * works. A run that was cut off is repeated as a whole: going back twice to one time gives the same data. Throws Failure and AwsCallError.
 */
async function rewindClone(aws, clone, order) {
    const run = new RewindRun(aws, clone, order);
    await run.look();
    return await (0,_converge_js__WEBPACK_IMPORTED_MODULE_8__/* .converge */ .cB)(aws, order.pace, run);
}
class RewindRun {
    logPrefix = '';
    #aws;
    #order;
    #clone;
    #writer;
    #backtrack;
    #memory = _rewind_plan_js__WEBPACK_IMPORTED_MODULE_11__/* .FRESH_REWIND */ .Nt;
    #refusals = 0;
    /** This run has said that it goes back, no other one had, and AWS has not taken it. */
    #mayWithdraw = false;
    constructor(aws, clone, order) {
        this.#aws = aws;
        this.#clone = clone;
        this.#order = order;
    }
    turn = async () => {
        (0,_converge_js__WEBPACK_IMPORTED_MODULE_8__/* .throwIfCancelled */ .dZ)(this.#aws, this);
        this.#order.announce(this.#clone, this.#writer);
        const step = this.#plan(this.#clone);
        switch (step.kind) {
            case 'done':
                return (0,_converge_js__WEBPACK_IMPORTED_MODULE_8__/* .done */ .Vw)({ kind: 'rewound', clone: this.#clone });
            case 'held':
                await this.#withdraw();
                return (0,_converge_js__WEBPACK_IMPORTED_MODULE_8__/* .done */ .Vw)({ kind: 'held', clone: this.#clone });
            case 'impossible':
                return await this.#giveUp(step.because);
            case 'too-far':
                throw wentTooFar(this.#clone, step.reachedAtMs);
            case 'wait':
                return { kind: 'wait', waitingFor: `waiting for the clone to go back: ${step.waitingFor}` };
            case 'tag':
                await this.#write(step.tag);
                return { kind: 'look' };
            case 'backtrack':
                return await this.#goBack();
            case 'prove':
                return await this.#prove(step.secretArn);
            case 'change':
                return await this.#change(step.change);
        }
    };
    #plan(clone) {
        return (0,_rewind_plan_js__WEBPACK_IMPORTED_MODULE_11__/* .planRewind */ .PB)({
            ...this.#order,
            clone,
            writer: this.#writer,
            backtrack: this.#backtrack,
            memory: this.#memory,
            nowMs: this.#aws.clock.now(),
            awsNowMs: (0,_api_aws_run_js__WEBPACK_IMPORTED_MODULE_3__/* .timeAtAws */ .A)(this.#aws),
        });
    }
    async #goBack() {
        const { toMs } = this.#order;
        const mayGoBack = (now) => this.#plan(now).kind === 'backtrack';
        try {
            const backtrack = await (0,_change_clone_js__WEBPACK_IMPORTED_MODULE_9__/* .backtrackClone */ .SH)(this.#aws, this.#clone, { toMs, mayGoBack });
            if (backtrack === undefined)
                return { kind: 'look' };
            this.#aws.log.info(`Clone "${this.#clone.cluster.identifier}" goes back to ${new Date(toMs).toISOString()}; its connections are cut`);
            this.#memory = { ...this.#memory, backtrack };
            return { kind: 'look' };
        }
        catch (error) {
            if ((0,_api_aws_call_js__WEBPACK_IMPORTED_MODULE_2__/* .isTransient */ .dg)(error)) {
                // AWS may have taken it without an answer.
                this.#mayWithdraw &&= error.operation !== 'BacktrackDBCluster';
                return refused(error);
            }
            if (!(0,_api_aws_call_js__WEBPACK_IMPORTED_MODULE_2__/* .hasCode */ .up)(error, ...REFUSALS) || error.operation !== 'BacktrackDBCluster')
                throw error;
            this.#refusals += 1;
            const mayPass = error.code === 'InvalidDBClusterStateFault' && this.#refusals < MOST_REFUSALS;
            return mayPass ? refused(error) : await this.#giveUp(error.message);
        }
    }
    async #giveUp(because) {
        await this.#withdraw();
        return (0,_converge_js__WEBPACK_IMPORTED_MODULE_8__/* .done */ .Vw)({ kind: 'impossible', because });
    }
    /** The next run would take what this one has begun for its own to finish. */
    async #withdraw() {
        if (!this.#mayWithdraw)
            return;
        const written = await (0,_clone_renewal_js__WEBPACK_IMPORTED_MODULE_5__/* .writeTags */ .p)(this.#aws, this.#clone, { rewinding: 'withdrawn' });
        this.#clone = written ?? this.#clone;
    }
    async #prove(secretArn) {
        const { cluster } = this.#clone;
        const login = { secretArn, database: (0,_login_js__WEBPACK_IMPORTED_MODULE_10__/* .databaseOf */ .zJ)(cluster), mayPass: () => false };
        const problem = await (0,_login_js__WEBPACK_IMPORTED_MODULE_10__/* .loginProblem */ .$n)(this.#aws, cluster, login);
        if (problem === undefined) {
            this.#aws.log.info('A login with the password of the clone works');
            this.#memory = { ...this.#memory, isProven: true };
            return { kind: 'look' };
        }
        const isRefused = problem.code === 'DatabaseErrorException';
        this.#memory = { ...this.#memory, refusedLogins: isRefused ? this.#memory.refusedLogins + 1 : 0 };
        const waitingFor = `waiting for a login to work: ${problem.message}`;
        return { kind: 'wait', waitingFor, restMs: _login_js__WEBPACK_IMPORTED_MODULE_10__/* .BETWEEN_LOGINS_MS */ .Fv, refusal: problem };
    }
    async #change(change) {
        if (change.kind === 'rotate-password')
            this.#aws.log.info('The password was rotated since that time; AWS makes a new one');
        try {
            this.#clone = await (0,_change_clone_js__WEBPACK_IMPORTED_MODULE_9__/* .changeClone */ .mB)(this.#aws, this.#clone, change);
            const changedAtMs = { ...this.#memory.changedAtMs, [change.kind]: this.#aws.clock.now() };
            this.#memory = { ...this.#memory, changedAtMs };
            return { kind: 'look' };
        }
        catch (error) {
            if (!(0,_api_aws_call_js__WEBPACK_IMPORTED_MODULE_2__/* .isTransient */ .dg)(error) && !(0,_api_aws_call_js__WEBPACK_IMPORTED_MODULE_2__/* .hasCode */ .up)(error, 'InvalidDBClusterStateFault', 'InvalidResourceStateFault'))
                throw error;
            return refused(error);
        }
    }
    async #write(tag) {
        const { requests, chosenMs: toMs } = this.#order;
        if (tag === 'resetting')
            this.#mayWithdraw = !(0,_clone_reset_requests_js__WEBPACK_IMPORTED_MODULE_6__/* .isGoingBack */ .s6)(this.#clone);
        const written = await (0,_clone_renewal_js__WEBPACK_IMPORTED_MODULE_5__/* .writeTags */ .p)(this.#aws, this.#clone, {
            rewinding: tag === 'resets' ? { tag, requests } : { tag, requests, toMs },
        });
        if (written === undefined)
            throw (0,_clone_renewal_js__WEBPACK_IMPORTED_MODULE_5__/* .deletedMeanwhile */ .e_)(this.#clone.cluster.identifier);
        this.#clone = written;
    }
    look = async () => {
        const { rds, signal } = this.#aws;
        this.#clone = await (0,_change_clone_js__WEBPACK_IMPORTED_MODULE_9__/* .lookAgain */ .IK)(this.#aws, this.#clone);
        const { cluster } = this.#clone;
        this.#writer = (0,_clone_writer_js__WEBPACK_IMPORTED_MODULE_7__/* .writerOf */ .bi)(cluster, await (0,_api_describe_js__WEBPACK_IMPORTED_MODULE_4__/* .describeInstancesOf */ .Dj)(rds, cluster.identifier, signal));
        const { backtrack: identifier } = this.#memory;
        if (identifier !== undefined)
            this.#backtrack = await (0,_api_describe_js__WEBPACK_IMPORTED_MODULE_4__/* .describeBacktrack */ .Ig)(rds, { cluster: cluster.identifier, identifier }, signal);
    };
    timedOut = ({ waitingFor }) => new _failure_js__WEBPACK_IMPORTED_MODULE_1__/* .Failure */ .HR({
        title: 'Timed out',
        what: `Clone "${this.#clone.cluster.identifier}" was not reset within ${(0,_duration_js__WEBPACK_IMPORTED_MODULE_0__/* .formatDuration */ .a3)(this.#order.pace.limitMs)} (${waitingFor}).`,
        remedy: 'Run the job again: it goes on with the reset.',
    });
    standing = () => `Clone "${this.#clone.cluster.identifier}" is being reset; it stands at: ${(0,_clone_writer_js__WEBPACK_IMPORTED_MODULE_7__/* .standing */ .JA)(this.#clone.cluster, this.#writer)}.`;
}
function refused(error) {
    return { kind: 'wait', waitingFor: `waiting for AWS to take a change: ${error.message}` };
}
function wentTooFar({ cluster: { identifier } }, reachedAtMs) {
    return new _failure_js__WEBPACK_IMPORTED_MODULE_1__/* .Failure */ .HR({
        title: 'Clone failed',
        what: `AWS took clone "${identifier}" back to ${new Date(reachedAtMs).toISOString()}, which is before it was published: it may have rows and passwords that nobody may see.`,
        remedy: 'Remove it now with mode destroy, then run mode create.',
    });
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
