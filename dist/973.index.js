export const id = 973;
export const ids = [973];
export const modules = {

/***/ 9973:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   connectGitHub: () => (/* binding */ connectGitHub)
/* harmony export */ });
/* harmony import */ var _actions_github__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1034);
/* harmony import */ var _octokit_plugin_retry__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(4491);
/* harmony import */ var _context_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(5298);
/* harmony import */ var _rate_limit_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(9865);




const NO_CONTENT = 204;
const TIMEOUT_MS = 10_000;
const RETRY_UNIT_MS = 500;
/**
 * Retries after 0.5, 2, 4.5 s and so on: an outage of a minute is waited out. A longer one ends the run, and the next run continues.
 * Refusals are not retried, except for rate limits that end soon.
 */
const RETRIES = {
    retries: 7,
    retryAfterBaseValue: RETRY_UNIT_MS,
    doNotRetry: [400, 401, 403, 404, 410, 422, 429, 451],
};
/** Limits each try. Retries would share a signal given with the request, and pagination would drop it. */
const limitEachTry = (octokit) => {
    octokit.hook.before('request', (options) => {
        options.request = { ...options.request, signal: AbortSignal.timeout(TIMEOUT_MS) };
    });
};
/** A run waits so long for the end of a rate limit, once. GitHub has not processed such a request. */
const MAX_RATE_LIMIT_MS = 60_000;
const waitForRateLimit = (octokit) => {
    octokit.hook.error('request', (error) => {
        const waitMs = (0,_rate_limit_js__WEBPACK_IMPORTED_MODULE_1__/* .rateLimitMs */ .U)(error);
        if (waitMs !== undefined && waitMs <= MAX_RATE_LIMIT_MS && 'request' in error)
            error.request.request = {
                ...error.request.request,
                retries: 1,
                retryAfter: Math.ceil(waitMs / RETRY_UNIT_MS),
            };
        throw error;
    });
};
/** Octokit reads a truncated answer as an empty one, and an empty page or a 409 as an empty list. */
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
// A proxy, or a server of another version, may answer anything, so every answer is checked.
function isPullRequest(value) {
    const labels = (0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(value, 'labels');
    return (typeof (0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(value, 'number') === 'number' &&
        typeof (0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(value, 'state') === 'string' &&
        isHash((0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(value, 'head', 'sha')) &&
        typeof (0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(value, 'base', 'repo', 'id') === 'number' &&
        Array.isArray(labels) &&
        labels.every(isLabel));
}
function isLabel(value) {
    return typeof (0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(value, 'name') === 'string';
}
function isComment(value) {
    return typeof (0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(value, 'id') === 'number' && typeof (0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(value, 'html_url') === 'string';
}
function isLabeling(value) {
    const label = (0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(value, 'label');
    return isTime((0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(value, 'createdAt')) && (label === null || isLabel(label));
}
/** Of any other form, a tag would not know it again, so the clone would be reset each time. */
function isTime(value) {
    return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(value);
}
function isRepository(value) {
    return typeof (0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(value, 'id') === 'number' && typeof (0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(value, 'default_branch') === 'string';
}
function isBranch(value) {
    return isHash((0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(value, 'commit', 'sha')) && isHash((0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(value, 'commit', 'commit', 'tree', 'sha'));
}
function isTree(value) {
    const tree = (0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(value, 'tree');
    return Array.isArray(tree) && tree.every(isTreeEntry) && typeof (0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(value, 'truncated') === 'boolean';
}
function isTreeEntry(value) {
    const [path, mode, size] = [(0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(value, 'path'), (0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(value, 'mode'), (0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(value, 'size')];
    return (typeof path === 'string' &&
        typeof mode === 'string' &&
        isHash((0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(value, 'sha')) &&
        (size === undefined || typeof size === 'number'));
}
function isHash(value) {
    return typeof value === 'string' && /^[0-9a-f]{40}$/.test(value);
}
function isBlob(value) {
    return typeof (0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(value, 'content') === 'string' && (0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(value, 'encoding') === 'base64';
}
function only(is, data) {
    if (is(data))
        return data;
    throw new Error('GitHub did not answer the question');
}
async function* lists(pages, is) {
    for await (const { data } of pages) {
        if (!Array.isArray(data))
            throw new Error('GitHub did not answer with a list');
        yield data.map((item) => only(is, item));
    }
}
function loginIn({ data }) {
    const name = data.data?.viewer?.login;
    if (typeof name !== 'string')
        throw new Error('GitHub did not say whose token this is');
    return name;
}
/** By GraphQL, since REST asks for `issues: read` here. */
const LABELINGS = `query($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      timelineItems(last: 100, itemTypes: [LABELED_EVENT]) { nodes { ... on LabeledEvent { createdAt label { name } } } }
    }
  }
}`;
function labelingsIn({ data }) {
    const nodes = (0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(data, 'data', 'repository', 'pullRequest', 'timelineItems', 'nodes');
    if (!Array.isArray(nodes)) {
        const why = (0,_context_js__WEBPACK_IMPORTED_MODULE_2__/* .member */ .Dc)(data, 'errors', '0', 'message');
        throw new Error(typeof why === 'string' ? why : 'GitHub did not say when the labels were put on');
    }
    return nodes.map((node) => only(isLabeling, node));
}
/** Asks once, but again after a failure. */
function rememberAnswer(ask) {
    let known;
    return async () => {
        known ??= ask().catch((error) => {
            known = undefined;
            throw error;
        });
        return await known;
    };
}
function connect(context, token) {
    return (0,_actions_github__WEBPACK_IMPORTED_MODULE_0__/* .getOctokit */ .Q)(token, { baseUrl: context.apiUrl, retry: RETRIES, userAgent: 'aurora-clone-action' }, 
    // The order matters: a later plugin wraps the earlier ones.
    limitEachTry, requireAnswers, waitForRateLimit, _octokit_plugin_retry__WEBPACK_IMPORTED_MODULE_3__/* .retry */ .L);
}
function fileCalls({ rest: { git, repos } }, place) {
    return {
        async repository() {
            const { data } = await repos.get(place);
            return only(isRepository, data);
        },
        async branch(name) {
            const { data } = await repos.getBranch({ ...place, branch: name });
            return only(isBranch, data);
        },
        async tree(sha, { deep }) {
            // Any value of `recursive` asks for all folders, so it must not be sent otherwise.
            const { data } = await git.getTree({ ...place, tree_sha: sha, ...(deep ? { recursive: '1' } : {}) });
            return only(isTree, data);
        },
        async blob(sha) {
            // In JSON, since Octokit would read the raw media type as text and lose bytes that are none.
            const { data } = await git.getBlob({ ...place, file_sha: sha });
            return Buffer.from(only(isBlob, data).content, 'base64');
        },
    };
}
function connectGitHub(context, token) {
    const { owner, name: repo } = context.repository;
    const place = { owner, repo, per_page: 100 };
    const octokit = connect(context, token);
    return {
        ...fileCalls(octokit, { owner, repo }),
        async pullRequest(number) {
            const { data } = await octokit.rest.pulls.get({ owner, repo, pull_number: number });
            return only(isPullRequest, data);
        },
        openPullRequests: () => lists(octokit.paginate.iterator(octokit.rest.pulls.list, { ...place, state: 'open' }), isPullRequest),
        labels: () => lists(octokit.paginate.iterator(octokit.rest.issues.listLabelsForRepo, place), isLabel),
        viewerLogin: rememberAnswer(async () => {
            // This is the runner's address. An enterprise server's cannot be derived from its REST address.
            const answer = await octokit.request(`POST ${context.graphqlUrl}`, {
                query: '{ viewer { login } }',
            });
            return loginIn(answer);
        }),
        comments: (number) => lists(octokit.paginate.iterator(octokit.rest.issues.listComments, { ...place, issue_number: number }), isComment),
        async labelings(number) {
            const answer = await octokit.request(`POST ${context.graphqlUrl}`, {
                query: LABELINGS,
                variables: { owner, name: repo, number },
            });
            return labelingsIn(answer);
        },
        async removeLabel(number, name) {
            await octokit.rest.issues.removeLabel({ owner, repo, issue_number: number, name });
        },
        async createComment(number, body) {
            // If only the answer was lost, a retry would write the comment twice.
            const request = { retries: 0 };
            const comment = { owner, repo, issue_number: number, body, request };
            const { data } = await octokit.rest.issues.createComment(comment);
            return only(isComment, data);
        },
        async deleteComment(id) {
            await octokit.rest.issues.deleteComment({ owner, repo, comment_id: id });
        },
        async updateComment(id, body) {
            const { data } = await octokit.rest.issues.updateComment({ owner, repo, comment_id: id, body });
            return only(isComment, data);
        },
    };
}


/***/ })

};
