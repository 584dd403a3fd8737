export const id = 434;
export const ids = [434];
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

/***/ 8434:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   readWorkspaceFiles: () => (/* binding */ readWorkspaceFiles)
/* harmony export */ });
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1455);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6760);
/* harmony import */ var _failure_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(9555);
/* harmony import */ var _file_selection_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(3568);
/* harmony import */ var _quotation_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(6399);





/**
 * Files of the workspace, for runs without a pull request: they have no author whose code must not choose them. The rules are those
 * of readRepositoryFiles. `root`: GITHUB_WORKSPACE.
 */
async function readWorkspaceFiles(root, request) {
    return await (0,_file_selection_js__WEBPACK_IMPORTED_MODULE_3__/* .selectFiles */ .AL)(new WorkspaceTree(await checkedOut(root)), request);
}
const CHECK_OUT = 'Run actions/checkout before this step, and give the job `permissions: contents: read`.';
/** The real path of the workspace. It may itself be a link, but nothing in it is followed. */
async function checkedOut(root) {
    if (root === undefined || root === '')
        throw unreadable('GITHUB_WORKSPACE is not set', undefined);
    try {
        const path = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.realpath)(root);
        if ((await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.readdir)(path)).length > 0)
            return path;
    }
    catch (error) {
        throw unreadable(`The workspace could not be read (${(0,_quotation_js__WEBPACK_IMPORTED_MODULE_4__/* .quote */ .hD)((0,_failure_js__WEBPACK_IMPORTED_MODULE_2__/* .messageOf */ .bD)(error))})`, error);
    }
    throw unreadable('The workspace is empty', undefined);
}
function unreadable(what, cause) {
    return new _failure_js__WEBPACK_IMPORTED_MODULE_2__/* .Failure */ .HR({
        title: 'Repository cannot be read',
        what: `${what}: without a pull request, files are read from the workspace.`,
        remedy: CHECK_OUT,
        cause,
    });
}
/** Each folder is reached from the one above it, so no path leaves the workspace. */
class WorkspaceTree {
    where = 'the workspace';
    remedy = `Correct the pattern. ${CHECK_OUT}`;
    #root;
    constructor(root) {
        this.#root = root;
    }
    async children(folder) {
        return await this.#inside(folder, async (path) => {
            const names = (await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.readdir)(path)).filter((name) => name !== '.git');
            return await Promise.all(names.map((name) => this.#entry(folder === '' ? name : `${folder}/${name}`)));
        });
    }
    async read({ path: name }) {
        return await this.#inside(name, (path) => (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.readFile)(path));
    }
    /** Since the folder above was read, a link may have taken its place. */
    async #inside(name, work) {
        const path = (0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)(this.#root, name);
        try {
            if ((await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.realpath)(path)) !== path)
                throw new Error('it is a symbolic link');
            return await work(path);
        }
        catch (error) {
            throw unreadable(`"${(0,_quotation_js__WEBPACK_IMPORTED_MODULE_4__/* .quote */ .hD)(name)}" of the workspace could not be read (${(0,_quotation_js__WEBPACK_IMPORTED_MODULE_4__/* .quote */ .hD)((0,_failure_js__WEBPACK_IMPORTED_MODULE_2__/* .messageOf */ .bD)(error))})`, error);
        }
    }
    async #entry(name) {
        const path = (0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)(this.#root, name);
        const found = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.lstat)(path);
        return { path: name, kind: await kindOf(path, found), size: found.size };
    }
}
async function kindOf(path, found) {
    if (found.isSymbolicLink())
        return 'link';
    if (found.isFile())
        return 'file';
    if (!found.isDirectory())
        return 'other';
    // A repository in the repository: git has its commit, and none of its files.
    return await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.lstat)((0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)(path, '.git')).then(() => 'submodule', () => 'folder');
}


/***/ })

};
