export const id = 943;
export const ids = [943];
export const modules = {

/***/ 8943:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   connectGitHub: () => (/* binding */ connectGitHub)
/* harmony export */ });
/* harmony import */ var _actions_github__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(2270);
/* harmony import */ var _octokit_plugin_retry__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(9735);
/* harmony import */ var _context_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(9556);



const NO_CONTENT = 204;
const TIMEOUT_MS = 10_000;
/**
 * After 0.5 s and 2 s: longer outages end the run, and the next one starts from what is there. Nothing that GitHub refused is
 * tried again, least of all a 429, which asks for a minute's rest.
 */
const RETRIES = {
    retries: 2,
    retryAfterBaseValue: 500,
    doNotRetry: [400, 401, 403, 404, 410, 422, 429, 451],
};
/** A limit for each try: retries would share a signal that is given with the request, and pagination drops it. */
const limitEachTry = (octokit) => {
    octokit.hook.before('request', (options) => {
        options.request = { ...options.request, signal: AbortSignal.timeout(TIMEOUT_MS) };
    });
};
/** Octokit takes an answer that breaks off for an empty one, and a page of nothing, or a 409, for an empty list. */
const requireAnswers = (octokit) => {
    octokit.hook.after('request', ({ data, status }, request) => {
        if ((typeof data === 'object' && data !== null) || status === NO_CONTENT)
            return;
        throw Object.assign(new Error('its answer broke off, or was no JSON'), { status: 500, request });
    });
    octokit.hook.error('request', (error) => {
        throw 'status' in error && error.status === 409
            ? new Error(`GitHub answered 409: ${error.message}`)
            : error;
    });
};
// A proxy, or a server of another version, may answer anything: what does not have the shape is no answer.
function isPullRequest(value) {
    const labels = (0,_context_js__WEBPACK_IMPORTED_MODULE_1__/* .member */ .Dc)(value, 'labels');
    return (typeof (0,_context_js__WEBPACK_IMPORTED_MODULE_1__/* .member */ .Dc)(value, 'number') === 'number' &&
        typeof (0,_context_js__WEBPACK_IMPORTED_MODULE_1__/* .member */ .Dc)(value, 'state') === 'string' &&
        typeof (0,_context_js__WEBPACK_IMPORTED_MODULE_1__/* .member */ .Dc)(value, 'base', 'repo', 'id') === 'number' &&
        Array.isArray(labels) &&
        labels.every(isLabel));
}
function isLabel(value) {
    return typeof (0,_context_js__WEBPACK_IMPORTED_MODULE_1__/* .member */ .Dc)(value, 'name') === 'string';
}
function isComment(value) {
    return typeof (0,_context_js__WEBPACK_IMPORTED_MODULE_1__/* .member */ .Dc)(value, 'id') === 'number' && typeof (0,_context_js__WEBPACK_IMPORTED_MODULE_1__/* .member */ .Dc)(value, 'html_url') === 'string';
}
function only(is, data) {
    if (is(data))
        return data;
    throw new Error('GitHub did not answer what was asked for');
}
async function* lists(pages, is) {
    for await (const { data } of pages) {
        if (!Array.isArray(data))
            throw new Error('GitHub did not answer with a list');
        yield data.map((item) => only(is, item));
    }
}
function connectGitHub(context, token) {
    const { owner, name: repo } = context.repository;
    const octokit = (0,_actions_github__WEBPACK_IMPORTED_MODULE_0__/* .getOctokit */ .Q)(token, { baseUrl: context.apiUrl, retry: RETRIES, userAgent: 'aurora-clone-action' }, 
    // The order counts: what is registered later is wrapped around.
    limitEachTry, requireAnswers, _octokit_plugin_retry__WEBPACK_IMPORTED_MODULE_2__/* .retry */ .L);
    let login;
    const askLogin = async () => {
        // The address is the runner's own: that of an enterprise server cannot be derived from its REST address.
        const answer = await octokit.request(`POST ${context.graphqlUrl}`, {
            query: '{ viewer { login } }',
        });
        const name = answer.data.data?.viewer?.login;
        if (typeof name !== 'string')
            throw new Error('GitHub did not say whose token this is');
        return name;
    };
    return {
        async pullRequest(number) {
            const { data } = await octokit.rest.pulls.get({ owner, repo, pull_number: number });
            return only(isPullRequest, data);
        },
        openPullRequests: () => lists(octokit.paginate.iterator(octokit.rest.pulls.list, { owner, repo, state: 'open', per_page: 100 }), isPullRequest),
        labels: () => lists(octokit.paginate.iterator(octokit.rest.issues.listLabelsForRepo, { owner, repo, per_page: 100 }), isLabel),
        async viewerLogin() {
            login ??= askLogin().catch((error) => {
                login = undefined;
                throw error;
            });
            return await login;
        },
        comments: (number) => lists(octokit.paginate.iterator(octokit.rest.issues.listComments, {
            owner,
            repo,
            issue_number: number,
            per_page: 100,
        }), isComment),
        async createComment(number, body) {
            const { data } = await octokit.rest.issues.createComment({
                owner,
                repo,
                issue_number: number,
                body,
                // A comment whose answer was lost would be written twice.
                request: { retries: 0 },
            });
            return only(isComment, data);
        },
        async deleteComment(id) {
            await octokit.rest.issues.deleteComment({ owner, repo, comment_id: id });
        },
        async updateComment(id, body) {
            const { data } = await octokit.rest.issues.updateComment({
                owner,
                repo,
                comment_id: id,
                body,
            });
            return only(isComment, data);
        },
    };
}


/***/ })

};
