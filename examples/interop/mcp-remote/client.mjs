// mcp-remote against protected servers of this project: `client.mjs PROGRAM WITH_CHALLENGE WITHOUT_CHALLENGE`.
//
// PROGRAM is mcp-remote's dist/proxy.js, the others are as Peer has them; the 401 of the last has no
// WWW-Authenticate. A desktop host starts mcp-remote, which logs in with the program in BROWSER, lists the
// tools and calls one. Prints a line per check; the first that fails ends it with exit code 1.

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, Failed, redact } from '../inspector/checks.mjs';
import { Host } from './stdio.mjs';
import { Peer } from './wire.mjs';

const [program, withChallenge, withoutChallenge] = process.argv.slice(2);

const TOOLS = ['admin_reset', 'auth_status', 'echo', 'notes_add', 'notes_list'];
const WELL_KNOWN = '/.well-known/oauth-protected-resource/mcp';
// mcp-remote looks once before it connects, and its SDK again while it does.
const LOGIN = ['metadata-path-inserted', 'metadata-path-inserted', 'register', 'authorize', 'token'];

/** `use` gets a connected host, whose tokens and registration are kept in `folder`. */
async function connected(peer, folder, options, use) {
    // A fixed transport: otherwise it tries SSE, which the server does not have, after any failure.
    const always = ['--transport', 'http-only', '--auth-timeout', '15'];
    // A port is the second argument.
    const host = new Host(program, [peer.url, ...options, ...always], { MCP_REMOTE_CONFIG_DIR: folder });
    try {
        expect('protocol of the host', (await host.initialize('2025-11-25')).protocolVersion, '2025-11-25');
        const { tools } = await host.request('tools/list');
        expect('tools', tools.map(({ name }) => name).sort(), TOOLS);
        const echo = await host.call('echo', { message: 'héllo' });
        expect('echo', [echo.isError, echo.content[0].text], [false, 'héllo']);
        await use(host);
    } finally {
        await host.stop();
    }
}

const scopes = async host => (await host.call('auth_status')).structuredContent.scopes;

/** Of an authorization and a token request: for this server, with PKCE, and for this scope alone. */
function expectAsked(peer, requests, scope) {
    for (const endpoint of ['authorize', 'token']) {
        const sent = requests.find(request => request.endpoint === endpoint)?.params ?? [];
        const names = sent.map(([name]) => name);
        expect(`${endpoint}: each parameter once`, names.length, new Set(names).size);
        const parameters = Object.fromEntries(sent);
        expect(`${endpoint}: resource`, parameters.resource, peer.url);
        if (endpoint === 'token') continue;
        expect('authorize: scope', parameters.scope, scope);
        expect('authorize: PKCE', parameters.code_challenge_method, 'S256');
    }
}

const endpoints = requests => requests.map(({ endpoint }) => endpoint);
const places = requests => requests.map(({ method, path, status }) => `${method} ${path} ${status}`);

/** A login. */
async function logIn(peer, folder, options, { challenged, protocol }) {
    await peer.forget();
    await connected(peer, folder, options, async host => {
        expect('auth_status: scopes', await scopes(host), ['notes:read']);
    });
    const seen = peer.toServer();
    const before = seen.filter(({ authorization }) => !authorization);
    expect('discovery: the refused request, then the document', places(before.slice(0, 2)), ['GET /mcp 401', `GET ${WELL_KNOWN} 200`]);
    const other = places(before).filter(place => !/^(GET|POST) \/mcp 401$/.test(place) && place !== `GET ${WELL_KNOWN} 200`);
    expect('discovery: nothing at any other place', other, []);
    const refused = seen.filter(({ status }) => status === 401);
    expect(`refusals with a challenge: ${challenged}`, [...new Set(refused.map(({ challenge }) => challenge))], [challenged]);
    expect('no token is refused', refused.filter(({ authorization }) => authorization).length, 0);
    const spoken = seen.filter(request => request.authorization && request.method === 'POST').at(-1).protocol;
    expect('protocol of the wire', spoken, protocol);
    const requests = await peer.toIssuer();
    expect('issuer: requests in order', endpoints(requests), LOGIN);
    expectAsked(peer, requests, 'notes:read');
}

/** A start with what a login stored. */
async function again(peer, folder, options) {
    await peer.forget();
    await connected(peer, folder, options, async () => {});
    const refused = peer.toServer().filter(({ status, authorization }) => authorization && status > 399);
    expect('second start: no token is refused', refused, []);
    const asked = endpoints(await peer.toIssuer()).filter(endpoint => endpoint !== LOGIN[0]);
    expect('second start: no login', asked, []);
}

/** A client that no scopes are tied to; resolves to what mcp-remote has to be given for it. */
async function registered(peer) {
    const port = await freePort();
    const get = async url => (await fetch(url, { signal: AbortSignal.timeout(15_000) })).json();
    const document = await get(new URL(WELL_KNOWN, peer.url));
    const { origin, pathname } = new URL(document.authorization_servers[0]);
    const described = await get(`${origin}/.well-known/oauth-authorization-server${pathname}`);
    const answer = await fetch(described.registration_endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
            client_name: 'Interop',
            redirect_uris: [`http://localhost:${port}/oauth/callback`],
            token_endpoint_auth_method: 'none'
        }),
        signal: AbortSignal.timeout(15_000)
    });
    expect('registered', answer.status, 201);
    const { client_id } = await answer.json();
    return [String(port), '--static-oauth-client-info', JSON.stringify({ client_id })];
}

async function freePort() {
    const server = createServer();
    await new Promise(listening => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address();
    await new Promise(closed => server.close(closed));
    return port;
}

/** A 403 that names a scope makes it request the scope, and call again. */
async function stepUp(peer, folder, options) {
    await connected(peer, folder, [...(await registered(peer)), ...options], async host => {
        expect('before: scopes', await scopes(host), ['notes:read']);
        await peer.forget();
        const added = await host.call('notes_add', { text: 'x' });
        expect('notes_add: added', [added.isError, added.structuredContent.notes.at(-1)], [false, 'x']);
        const refused = peer.toServer().filter(({ status }) => status > 399);
        expect('one refusal, with a challenge', refused.map(({ status, challenge }) => [status, challenge]), [[403, true]]);
        const requests = await peer.toIssuer();
        expect('issuer: discovery and a login, no registration', endpoints(requests), ['metadata-path-inserted', 'authorize', 'token']);
        expectAsked(peer, requests, 'notes:read notes:write');
        expect('after: scopes', await scopes(host), ['notes:read', 'notes:write']);
    });
}

/** A limit of mcp-remote: it registers for the scopes of the first challenge, and never again, so an issuer
 *  that limits a client to its registered scopes grants no more. The call fails; the connection goes on. */
async function stepUpOfOneThatRegistered(peer, folder, options) {
    await peer.forget();
    await connected(peer, folder, options, async host => {
        const registration = (await peer.toIssuer()).find(({ endpoint }) => endpoint === 'register');
        expect('registered for', Object.fromEntries(registration.params).scope, 'notes:read');
        const { error } = await host.answer('tools/call', { name: 'notes_add', arguments: { text: 'y' } });
        expect('notes_add: fails', error, { code: -32001, message: 'mcp-remote: Unauthorized' });
        const { notes } = (await host.call('notes_list')).structuredContent;
        expect('notes_add: not executed, and the connection goes on', notes.includes('y'), false);
    });
}

async function inFolder(name, run) {
    console.log(`  -- ${name}`);
    const folder = mkdtempSync(join(tmpdir(), 'interop-mcp-remote-'));
    try {
        await run(folder);
    } finally {
        rmSync(folder, { recursive: true });
    }
}

try {
    const challenge = new Peer(withChallenge);
    const none = new Peer(withoutChallenge);
    for (const [mode, protocol] of [['legacy', '2025-11-25'], ['auto', '2026-07-28']]) {
        const options = ['--protocol', mode];
        await inFolder(`by challenge, ${mode}`, async folder => {
            await logIn(challenge, folder, options, { challenged: true, protocol });
            await again(challenge, folder, options);
        });
        await inFolder(`by well-known documents alone, ${mode}`, folder => logIn(none, folder, options, { challenged: false, protocol }));
        await inFolder(`step-up, ${mode}`, folder => stepUp(challenge, folder, options));
    }
    await inFolder('step-up of a client that registered itself', folder => stepUpOfOneThatRegistered(challenge, folder, []));
} catch (error) {
    console.log(`  FAILED ${redact(error instanceof Failed ? error.message : error.stack)}`);
    process.exitCode = 1;
}
