export const id = 106;
export const ids = [106];
export const modules = {

/***/ 3568:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   AL: () => (/* binding */ selectFiles),
/* harmony export */   FE: () => (/* binding */ stopIfCancelled)
/* harmony export */ });
/* unused harmony export LIMITS */
/* harmony import */ var _failure_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(9555);
/* harmony import */ var _file_patterns_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(4259);
/* harmony import */ var _in_parallel_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(4848);
/* harmony import */ var _quotation_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6399);




const MEBIBYTE = 1_048_576;
/** Far more than SQL that people write. What is larger was matched by mistake, and would only fill the memory. */
const LIMITS = { fileBytes: 4 * MEBIBYTE, bytes: 32 * MEBIBYTE, files: 200 };
/** GitHub asks for few calls at once. */
const READS_AT_ONCE = 4;
/** The files that the patterns of each input match. A pattern without a file is a failure, and so is a file that cannot be read. */
async function selectFiles(tree, { patterns, signal }) {
    const search = new Search(tree, signal);
    const chosen = [];
    for (const [input, list] of Object.entries(patterns)) {
        const found = [];
        for (const pattern of list)
            found.push(...(await search.filesOf(input, pattern)));
        chosen.push([input, onceInOrder(found)]);
    }
    const contents = await readAll(tree, onceInOrder(chosen.flatMap(([, files]) => files)), signal);
    const files = chosen.map(([input, found]) => [
        input,
        found.flatMap(({ path }) => {
            const content = contents.get(path);
            return content === undefined ? [] : [{ name: path, content }];
        }),
    ]);
    return { where: tree.where, files: Object.fromEntries(files) };
}
function onceInOrder(entries) {
    const byPath = new Map(entries.map((entry) => [entry.path, entry]));
    return [...byPath.values()].toSorted((one, other) => Buffer.compare(Buffer.from(one.path), Buffer.from(other.path)));
}
function stopIfCancelled(signal) {
    if (signal.aborted)
        throw new _failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Cancelled */ .cJ('The run was reading files of the repository.');
}
/** Looks into each folder once, and only where a file of a pattern can be. */
class Search {
    #tree;
    #signal;
    #children = new Map();
    constructor(tree, signal) {
        this.#tree = tree;
        this.#signal = signal;
    }
    async filesOf(input, pattern) {
        const { where, remedy } = this.#tree;
        const walk = { fitting: [], inTheWay: [], seen: new Set() };
        for (const segments of pattern.alternatives) {
            walk.seen.clear();
            await this.#walk('', segments, walk);
        }
        const asked = `Input ${input}: "${(0,_quotation_js__WEBPACK_IMPORTED_MODULE_1__/* .quote */ .hD)(pattern.text)}"`;
        const meant = walk.fitting.filter(({ kind }) => !isPassedOver(kind, pattern));
        const wrong = [...walk.inTheWay, ...meant].find(isNoFile);
        if (wrong !== undefined)
            throw notAFile(wrong, asked, where);
        // What is left are files.
        if (meant.length === 0)
            throw notUsable(`${asked} matches no file of ${where}.`, remedy);
        return meant;
    }
    async #walk(folder, segments, to) {
        const [segment, ...rest] = segments;
        const step = `${segments.length} ${folder}`;
        if (segment === undefined || to.seen.has(step))
            return;
        to.seen.add(step);
        const children = await this.#childrenOf(folder);
        if (segment.kind === 'folders') {
            await this.#walk(folder, rest, to);
            for (const { kind, path } of children)
                if (kind === 'folder')
                    await this.#walk(path, segments, to);
            return;
        }
        for (const child of children) {
            if (!fitsSegment(segment, nameOf(child)))
                continue;
            if (rest.length === 0)
                to.fitting.push(child);
            else if (child.kind === 'folder')
                await this.#walk(child.path, rest, to);
            else if (segment.kind === 'name' && child.kind !== 'file')
                to.inTheWay.push(child);
        }
    }
    async #childrenOf(folder) {
        const known = this.#children.get(folder);
        if (known !== undefined)
            return known;
        stopIfCancelled(this.#signal);
        const children = await this.#tree.children(folder);
        this.#children.set(folder, children);
        return children;
    }
}
function nameOf({ path }) {
    return path.slice(path.lastIndexOf('/') + 1);
}
function fitsSegment(segment, name) {
    return segment.kind === 'name' ? segment.name === name : segment.fits(name);
}
/** A glob is about files, and those of a submodule belong to another repository. A path is about what it names. */
function isPassedOver(kind, pattern) {
    return !(0,_file_patterns_js__WEBPACK_IMPORTED_MODULE_2__/* .isExact */ .u0)(pattern) && (kind === 'folder' || kind === 'submodule');
}
async function readAll(tree, files, signal) {
    for (const file of files)
        checkSize(file, file.size);
    checkTogether(files);
    const contents = new Map();
    const errors = [];
    await (0,_in_parallel_js__WEBPACK_IMPORTED_MODULE_3__/* .inParallel */ .H)(files, READS_AT_ONCE, async (file) => {
        // The rest would be read for nothing.
        if (errors.length > 0)
            return;
        try {
            stopIfCancelled(signal);
            const content = await tree.read(file);
            checkContent(file, content);
            contents.set(file.path, content);
        }
        catch (error) {
            errors.push(error);
        }
    });
    if (errors.length > 0)
        throw errors[0];
    return contents;
}
/** Git LFS specification, "The pointer". */
const LFS_POINTER = Buffer.from('version https://git-lfs.github.com/spec/v1\n');
function checkContent(file, content) {
    // It may have grown since its folder was read.
    checkSize(file, content.length);
    if (content.subarray(0, LFS_POINTER.length).equals(LFS_POINTER))
        throw notUsable(`${named(file)} is a pointer of Git LFS, not the file itself.`, 'Keep the file in git itself: git lfs untrack, and commit it again.');
}
function checkSize(file, bytes) {
    if (bytes > LIMITS.fileBytes)
        throw notUsable(`${named(file)} has ${bytes} bytes, and at most ${LIMITS.fileBytes} are read.`, 'Correct the pattern, or split the file.');
}
function checkTogether(files) {
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    const problem = files.length > LIMITS.files
        ? `match ${files.length} files, and at most ${LIMITS.files} are read`
        : bytes > LIMITS.bytes
            ? `match files of ${bytes} bytes, and at most ${LIMITS.bytes} are read`
            : undefined;
    if (problem !== undefined)
        throw notUsable(`The patterns ${problem}.`, 'Correct the patterns: they name only the files to read.');
}
function named({ path }) {
    return `The file "${(0,_quotation_js__WEBPACK_IMPORTED_MODULE_1__/* .quote */ .hD)(path)}"`;
}
function isNoFile(entry) {
    return entry.kind !== 'file';
}
const KINDS = {
    folder: ['a folder', 'Name the files in it, such as folder/*.sql, or folder/** for all of them.'],
    link: ['a symbolic link', 'Name the file or folder that it leads to: links are not followed.'],
    submodule: ['a submodule', 'Keep the file in the repository of the workflow.'],
    other: ['neither a file nor a folder', 'Correct the pattern.'],
};
function notAFile({ kind, path }, asked, where) {
    const [what, remedy] = KINDS[kind];
    return notUsable(`${asked} leads to "${(0,_quotation_js__WEBPACK_IMPORTED_MODULE_1__/* .quote */ .hD)(path)}" of ${where}, which is ${what}.`, remedy);
}
function notUsable(what, remedy) {
    return new _failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR({ title: 'File not usable', what, remedy });
}


/***/ }),

/***/ 4106:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   readRepositoryFiles: () => (/* binding */ readRepositoryFiles)
/* harmony export */ });
/* unused harmony export MAX_FOLDERS */
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/* harmony import */ var _failure_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(9555);
/* harmony import */ var _file_selection_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(3568);
/* harmony import */ var _quotation_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(6399);
/* harmony import */ var _context_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(5298);
/* harmony import */ var _rate_limit_js__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(9865);
/* harmony import */ var _reason_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(709);







/**
 * Files at the head of the default branch, which the author of a pull request does not choose. All are of one commit: it is looked
 * up once, and everything else is asked for by hash.
 */
async function readRepositoryFiles(api, repository, request) {
    (0,_file_selection_js__WEBPACK_IMPORTED_MODULE_2__/* .stopIfCancelled */ .FE)(request.signal);
    const { name, head } = await ask('The repository', async () => {
        const answer = await api.repository();
        if (String(answer.id) !== repository.id)
            throw new Error('GitHub answered about another repository');
        return { name: answer.default_branch, head: await api.branch(answer.default_branch) };
    });
    const where = `${(0,_quotation_js__WEBPACK_IMPORTED_MODULE_4__/* .quote */ .hD)(name, MAX_BRANCH_LENGTH)} at ${head.commit.sha.slice(0, 7)}`;
    return await (0,_file_selection_js__WEBPACK_IMPORTED_MODULE_2__/* .selectFiles */ .AL)(new CommitTree(api, where, head), request);
}
const MAX_BRANCH_LENGTH = 100;
/** Where all files are too many for one answer, each folder is a call. A workflow's token has 1,000 an hour. */
const MAX_FOLDERS = 100;
/** The files of one commit: from one answer about all of them, or folder by folder where they are too many for one. */
class CommitTree {
    where;
    remedy = 'Correct the pattern, or merge the file into the default branch first: for a pull request, files are read only there.';
    #api;
    /** The hashes of folders, by their path. */
    #hashes;
    #all;
    #foldersRead = 0;
    constructor(api, where, { commit }) {
        this.#api = api;
        this.where = where;
        this.#hashes = new Map([['', commit.commit.tree.sha]]);
    }
    async children(folder) {
        this.#all ??= await this.#readAll();
        return this.#all.get(folder) ?? (await this.#readFolder(folder));
    }
    async read({ path, sha }) {
        return await ask(`The file "${(0,_quotation_js__WEBPACK_IMPORTED_MODULE_4__/* .quote */ .hD)(path)}" of ${this.where}`, async () => {
            const content = await this.#api.blob(sha);
            if (blobHash(content) !== sha)
                throw new Error('GitHub answered with other content');
            return content;
        });
    }
    /** By folder. Nothing, if one answer cannot have all. */
    async #readAll() {
        const { tree, truncated } = await this.#tree('', { deep: true });
        return truncated ? new Map() : Map.groupBy(tree.map(entryIn('')), ({ path }) => folderOf(path));
    }
    async #readFolder(folder) {
        this.#foldersRead += 1;
        if (this.#foldersRead > MAX_FOLDERS)
            throw this.#tooMuch(`the patterns look into more than ${MAX_FOLDERS} folders`);
        const { tree, truncated } = await this.#tree(folder, { deep: false });
        if (truncated)
            throw this.#tooMuch(`so has the folder "${(0,_quotation_js__WEBPACK_IMPORTED_MODULE_4__/* .quote */ .hD)(folder)}"`);
        const entries = tree.map(entryIn(folder));
        for (const { kind, path, sha } of entries)
            if (kind === 'folder')
                this.#hashes.set(path, sha);
        return entries;
    }
    async #tree(folder, options) {
        return await ask(`The list of files of ${this.where}`, async () => {
            const sha = this.#hashes.get(folder);
            if (sha === undefined)
                throw new Error('GitHub did not list the folder');
            return await this.#api.tree(sha, options);
        });
    }
    #tooMuch(problem) {
        return new _failure_js__WEBPACK_IMPORTED_MODULE_1__/* .Failure */ .HR({
            title: 'Repository cannot be read',
            what: `${this.where} has more files than one answer of GitHub, and ${problem}.`,
            remedy: 'Begin the patterns with the folder of the files, such as db/sanitize/*.sql.',
        });
    }
}
function folderOf(path) {
    return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
function entryIn(folder) {
    const head = folder === '' ? '' : `${folder}/`;
    return ({ mode, path, sha, size = 0 }) => ({ path: `${head}${path}`, kind: kindOf(mode), size, sha });
}
/** The modes of git (Pro Git, "Git Objects"). */
function kindOf(mode) {
    if (mode === '040000')
        return 'folder';
    if (mode === '120000')
        return 'link';
    if (mode === '160000')
        return 'submodule';
    return mode.startsWith('100') ? 'file' : 'other';
}
function blobHash(content) {
    return (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}
async function ask(what, work) {
    try {
        return await work();
    }
    catch (error) {
        const because = (0,_reason_js__WEBPACK_IMPORTED_MODULE_3__/* .githubReason */ .sy)(error);
        throw new _failure_js__WEBPACK_IMPORTED_MODULE_1__/* .Failure */ .HR({
            title: 'Repository cannot be read',
            what: `${what} could not be read (${because}).`,
            remedy: remedyOf(error, because),
            cause: error,
        });
    }
}
function remedyOf(error, because) {
    if ((0,_reason_js__WEBPACK_IMPORTED_MODULE_3__/* .isAllowList */ .e5)(because))
        return _reason_js__WEBPACK_IMPORTED_MODULE_3__/* .ALLOW_LIST_REMEDY */ .iY;
    const status = (0,_context_js__WEBPACK_IMPORTED_MODULE_5__/* .member */ .Dc)(error, 'status');
    // A token without access gets 404 for what is there.
    const isRefused = status === 401 || status === 403 || status === 404;
    return isRefused && (0,_rate_limit_js__WEBPACK_IMPORTED_MODULE_6__/* .rateLimitMs */ .U)(error) === undefined
        ? 'Give the job `permissions: contents: read`, also where it calls a workflow, and pass a valid github-token.'
        : 'Run the job again after an outage of GitHub or a rate limit.';
}


/***/ })

};
