// The official conformance suite in its mode for authorization servers, against the mock that
// `mock-scalekit run` serves:
//
//     mock-scalekit run --env-prefix MOCK -- node authorization.mjs FOLDER

import { readFile, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { runSuite } from './program.mjs';

const CHECKS = ['authorization-server-metadata', 'authorization-server-metadata-cimd', 'authorization-code-grant'];
const RUN_LIMIT = 30_000;

const [folder] = process.argv.slice(2);
const { MOCK_ISSUER: issuer, MOCK_CONTROL_URL: control, MOCK_CONTROL_TOKEN: token } = process.env;
if (!folder || !control) {
    console.error('mock-scalekit run --env-prefix MOCK -- node authorization.mjs FOLDER');
    process.exit(2);
}
await rm(folder, { recursive: true, force: true });
const port = await freePort();
const client = await register(`http://127.0.0.1:${port}/callback`);
for (const [name, options] of [['no resource', []], ['a resource', ['--resource', 'http://127.0.0.1:8000/mcp']]]) {
    const output = path.join(folder, name.replace(' ', '-'));
    const { code } = await runSuite(
        'conformance-alpha',
        ['authorization', '--url', issuer, '--client-id', client, '-p', String(port), '-o', output, ...options],
        { limit: RUN_LIMIT, heard: approve() }
    );
    report(name, code, await readChecks(output));
}

function report(name, code, checks) {
    const passed = checks.filter(({ status }) => status === 'SUCCESS').map(({ id }) => id);
    if (code === 0 && checks.length === passed.length && CHECKS.every(id => passed.includes(id))) {
        console.log(`  ok ${name}: ${passed.length} of ${CHECKS.length} checks passed, 0 warnings`);
        return;
    }
    process.exitCode = 1;
    console.log(`  FAILED ${name}: expected exit code 0 and ${CHECKS.join(', ')} passed, got exit code ${code} and`);
    for (const { id, status, errorMessage } of checks) console.log(`  | ${status} ${id} ${errorMessage ?? ''}`);
}

/** Stands for the person at the browser: opens the URL that the suite prints, once. */
function approve() {
    let opened = false;
    return said => {
        // The suite prints the URL before it listens for the answer.
        const url = said.match(/https?:\/\/\S+\/oauth\/authorize\?\S+/)?.[0];
        if (opened || !url || !said.includes('Callback server started')) return;
        opened = true;
        // What comes of it is the suite's to judge.
        fetch(url, { signal: AbortSignal.timeout(RUN_LIMIT) }).catch(() => {});
    };
}

async function register(redirectUri) {
    const answer = await fetch(`${control}/environments/default/clients`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify({ redirect_uris: [redirectUri] }),
        signal: AbortSignal.timeout(RUN_LIMIT)
    });
    if (answer.status !== 201) throw new Error(`registering a client: expected 201, got ${answer.status}`);
    return (await answer.json()).client_id;
}

function freePort() {
    return new Promise((found, failed) => {
        const server = createServer();
        server.on('error', failed);
        server.listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => found(port));
        });
    });
}

async function readChecks(output) {
    const checks = [];
    for (const entry of await readdir(output).catch(() => [])) {
        checks.push(...JSON.parse(await readFile(path.join(output, entry, 'checks.json'), 'utf8')));
    }
    return checks;
}
