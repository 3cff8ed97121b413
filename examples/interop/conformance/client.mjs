// The official conformance suite against a client, strictly: one scenario at a time, because only
// then the suite counts the client's exit code and timeout; and a warning is a failure.
//
//     node client.mjs CLIENT_BIN FOLDER [SET]...
//
// What the checks saw, and what the client said, is in FOLDER afterwards.

import { readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { runSuite } from './program.mjs';

// The scenarios are those that `list` has with these options, of the area auth and with this mark;
// `scenarios` says how many these are, and `expected` how many have to be passed. What expects none
// is for information, and runs only when it is named.
const SETS = [
    {
        name: 'stable',
        suite: 'conformance-stable',
        list: ['--spec-version', '2025-11-25'],
        scenarios: 14,
        expected: 14
    },
    {
        name: '2025-11-25',
        suite: 'conformance-alpha',
        list: ['--spec-version', '2025-11-25'],
        run: ['--spec-version', '2025-11-25'],
        scenarios: 14,
        expected: 14
    },
    {
        name: '2026-07-28',
        suite: 'conformance-alpha',
        list: ['--spec-version', '2026-07-28'],
        run: ['--spec-version', '2026-07-28'],
        scenarios: 25,
        expected: 25
    },
    { name: 'backcompat', suite: 'conformance-alpha', mark: '2025-03-26', scenarios: 2, expected: 2 },
    { name: 'extensions', suite: 'conformance-alpha', mark: 'extension', scenarios: 6, expected: 6 },
    { name: 'stable-all', suite: 'conformance-stable', scenarios: 22, expected: 0 }
];

// Milliseconds: for the client, and for the suite around it, which takes half a second.
const CLIENT_LIMIT = 20_000;
const RUN_LIMIT = 40_000;
const AT_A_TIME = 2;

// The suite appends the URL and gives all of it to a shell. Its own shell would become the client,
// and the suite takes a client that a signal ended for one that succeeded. This one stays, says 128
// and more then, and hands on the end that a timeout brings.
const COMMAND = 'client() { "$CLIENT_UNDER_TEST" "$1" & trap "kill $!" TERM; wait $!; }; client';

const [binary, folder, ...named] = process.argv.slice(2);
const chosen = SETS.filter(({ name, expected }) => (named.length > 0 ? named.includes(name) : expected > 0));
if (!folder || chosen.length < new Set(named).size) {
    console.error(`node client.mjs CLIENT_BIN FOLDER [${SETS.map(({ name }) => name).join('|')}]...`);
    process.exit(2);
}
const env = { ...process.env, CLIENT_UNDER_TEST: path.resolve(binary) };
let failed = 0;
await rm(folder, { recursive: true, force: true });
for (const set of chosen) await run(set);
process.exitCode = failed > 0 ? 1 : 0;

async function run(set) {
    const { name, expected } = set;
    const scenarios = await list(set);
    const waiting = [...scenarios];
    const wrong = new Map();
    const worker = async () => {
        for (let scenario = waiting.shift(); scenario; scenario = waiting.shift()) {
            const problems = await examine(set, scenario);
            if (problems.length > 0) wrong.set(scenario, problems);
        }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, worker));
    const passed = scenarios.length - wrong.size;
    const complete = scenarios.length >= set.scenarios;
    const ok = complete && passed >= expected;
    if (!ok) failed += 1;
    console.log(`  ${ok ? 'ok' : 'FAILED'} ${name}: ${passed} of ${scenarios.length}`);
    if (!complete) console.log(`    expected ${set.scenarios} scenarios, got ${scenarios.length}`);
    if (passed < expected) console.log(`    expected ${expected} to be passed, got ${passed}`);
    for (const scenario of scenarios.filter(each => wrong.has(each))) {
        console.log(`    ${scenario}`);
        for (const problem of wrong.get(scenario)) console.log(`      ${problem}`);
    }
}

async function list({ name, suite, list: options = [], mark }) {
    const { code, said } = await runSuite(suite, ['list', '--client', ...options], { limit: RUN_LIMIT });
    if (code !== 0) console.log(`  ${name}: the list of scenarios: expected exit code 0, got ${code}`);
    // "  - auth/dpop [extension]"
    const lines = said.matchAll(/^ +- (auth\/\S+) \[(.*)\]$/gm);
    return [...lines].filter(([, , marks]) => !mark || marks.split(',').includes(mark)).map(([, scenario]) => scenario);
}

// What is wrong; nothing when the scenario is passed.
async function examine({ name, suite, run: options = [] }, scenario) {
    const output = path.join(folder, name, scenario);
    const { code, said } = await runSuite(
        suite,
        ['client', '--command', COMMAND, '--scenario', scenario, ...options, '--timeout', `${CLIENT_LIMIT}`, '-o', output],
        { limit: RUN_LIMIT, env }
    );
    const { checks, stderr } = await readResults(output);
    const bad = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING');
    // A scenario that does not apply is left out with exit code 0.
    const vacuous = !checks.some(({ status }) => status === 'SUCCESS');
    if (code === 0 && bad.length === 0 && !vacuous) return [];

    const problems = bad.map(check => `${check.status} ${check.id}: ${check.errorMessage ?? check.description}`);
    if (vacuous) problems.push('expected checks that are passed, got none');
    if (/^Client timed out after/m.test(said)) problems.push(`the client: no end within ${CLIENT_LIMIT} ms`);
    const exit = /^Client exited with code (-?\d+)$/m.exec(said)?.[1] ?? 0;
    problems.push(`exit code of the client ${exit}, of the suite ${code}`);
    problems.push(...stderr.split('\n').filter(Boolean).slice(-3).map(line => `| ${line}`));
    return [...new Set(problems)].map(redact);
}

async function readResults(output) {
    const files = await readdir(output, { recursive: true }).catch(() => []);
    const read = async name => {
        const file = files.find(each => path.basename(each) === name);
        return file ? readFile(path.join(output, file), 'utf8') : '';
    };
    return { checks: JSON.parse((await read('checks.json')) || '[]'), stderr: await read('stderr.txt') };
}

// Tokens, codes, keys and secrets never get into a log.
function redact(text) {
    return text
        .replace(/-----BEGIN[^]*?(-----END[^-]*-----|$)/g, '<key>')
        .replace(/eyJ[\w-]+(\.[\w-]*)*/g, '<token>')
        .replace(/((?:code|token|secret|assertion|jwt|verifier|state)(?:=|" ?: ?"))[^\s&"']+/g, '$1<redacted>')
        .replace(/\b(Bearer|Basic|DPoP) [\w.~+/-]{16,}=*/g, '$1 <redacted>')
        .slice(0, 400);
}
