// The official conformance suite against one server twice: without protection, and behind the auth
// layer through a proxy that adds the token, which the suite cannot. Protection must not cost one
// check.
//
//     node suite.mjs UNPROTECTED_URL PROTECTED_URL FOLDER

import { readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { auth } from '@modelcontextprotocol/sdk/client/auth.js';
import { runSuite } from './program.mjs';
// That of ../typescript, put beside this program by ../run.
import { HeadlessProvider } from './provider.mjs';
import { startProxy } from './proxy.mjs';

// What the suite has for a server that does everything: the checks that are passed when all are.
const RUNS = [
    { name: '0.1.16, all', suite: 'conformance-stable', options: ['--suite', 'all'], checks: 46 },
    { name: '0.2.0-alpha.12, 2025-11-25', suite: 'conformance-alpha', options: ['--requirements', '2025-11-25'], checks: 83 },
    { name: '0.2.0-alpha.12, 2026-07-28', suite: 'conformance-alpha', options: ['--requirements', '2026-07-28'], checks: 197 }
];

// Milliseconds for one run; the longest takes ten seconds.
const RUN_LIMIT = 60_000;

const [unprotected, guarded, folder] = process.argv.slice(2);
if (!folder) {
    console.error('node suite.mjs UNPROTECTED_URL PROTECTED_URL FOLDER');
    process.exit(2);
}
let failed = 0;
await rm(folder, { recursive: true, force: true });
await expectGuard(guarded);
const proxy = await startProxy(guarded, await logIn(guarded));
const through = proxy.origin + new URL(guarded).pathname;
for (const run of RUNS) {
    const bare = await passes(run, unprotected, path.join(folder, 'unprotected', run.suite, run.checks.toString()));
    const kept = await passes(run, through, path.join(folder, 'protected', run.suite, run.checks.toString()));
    compare(run, bare, kept);
}
proxy.stop();
process.exitCode = failed > 0 ? 1 : 0;

function fail(text) {
    failed += 1;
    console.log(`  FAILED ${text}`);
}

// A comparison with a server that lets everyone in would show nothing.
async function expectGuard(url) {
    const answer = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(15_000) });
    await answer.body?.cancel();
    if (answer.status === 401) return;
    console.log(`  FAILED ${url} is to be protected: expected 401 without a token, got ${answer.status}`);
    process.exit(1);
}

async function logIn(serverUrl) {
    const provider = new HeadlessProvider();
    await auth(provider, { serverUrl });
    await auth(provider, { serverUrl, authorizationCode: provider.takeCode() });
    return provider.tokens().access_token;
}

// One run of the suite: how often each check of each scenario is passed.
async function passes({ name, suite, options }, url, output) {
    const { code, said } = await runSuite(suite, ['server', '--url', url, ...options, '-o', output], { limit: RUN_LIMIT });
    const scenarios = await readChecks(output);
    if (code !== 0) {
        const lines = said.trimEnd().split('\n');
        // With results, those say more than the text.
        const tail = scenarios.size > 0 ? lines.filter(line => line.startsWith('✗')) : lines.slice(-20);
        fail(`${name} at ${url}: expected exit code 0, got ${code}\n${tail.map(line => `  | ${line}`).join('\n')}`);
    }
    return scenarios;
}

async function readChecks(output) {
    const scenarios = new Map();
    for (const entry of await readdir(output).catch(() => [])) {
        const scenario = entry.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, '');
        const passed = scenarios.get(scenario) ?? new Map();
        for (const check of JSON.parse(await readFile(path.join(output, entry, 'checks.json'), 'utf8'))) {
            if (check.status === 'SUCCESS') passed.set(check.id, (passed.get(check.id) ?? 0) + 1);
        }
        scenarios.set(scenario, passed);
    }
    return scenarios;
}

function compare({ name, checks }, bare, kept) {
    const before = failed;
    const [without, behind] = [total(bare), total(kept)];
    if (without < checks) fail(`${name}: expected ${checks} checks passed without protection, got ${without}`);
    for (const [scenario, passed] of bare) {
        for (const [id, times] of passed) {
            const got = kept.get(scenario)?.get(id) ?? 0;
            if (got < times) fail(`${name}: ${scenario}: ${id}: passed ${times} times without protection, ${got} behind it`);
        }
    }
    if (failed === before) console.log(`  ok ${name}: ${without} checks passed without protection, ${behind} behind it`);
}

function total(scenarios) {
    let sum = 0;
    for (const passed of scenarios.values()) for (const times of passed.values()) sum += times;
    return sum;
}
