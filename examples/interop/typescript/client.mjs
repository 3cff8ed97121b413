// The official TypeScript client against a protected server of this project: `client.mjs URL ID RBAC_URL`.
//
// Logs in, calls every tool once and prints a line per check; the first that fails ends it with
// exit code 1. Then the same login with a refresh token, one with a step-up, and one with ID: the URL
// of a client metadata document that the issuer knows. The server at RBAC_URL asks for scopes by annotations
// of its Cedar policies.

import { isDeepStrictEqual } from 'node:util';

import { auth, discoverOAuthServerInfo, refreshAuthorization, UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { LATEST_PROTOCOL_VERSION, McpError } from '@modelcontextprotocol/sdk/types.js';

import { HeadlessProvider } from './provider.mjs';

const TIMEOUT = 15_000;

/** No token, code or secret belongs in a log, even when they are a mock's. */
function redact(text) {
    return String(text)
        .replace(/eyJ[\w-]+(\.[\w-]*)*/g, '<token>')
        .replace(/(code|code_verifier|state|\w*token|\w*secret)(=|['"]: ?['"])[\w.~+/-]+/g, '$1$2<redacted>');
}

/** An expectation that was not met. */
class Failed extends Error {}

const show = value => JSON.stringify(value instanceof Set ? [...value] : value);

function expect(what, got, expected) {
    if (!isDeepStrictEqual(got, expected)) {
        throw new Failed(`${what}: expected ${show(expected)}, got ${show(got)}`);
    }
    console.log(`  ok ${what}`);
}

function expectThat(what, holds, expected, got) {
    if (!holds) throw new Failed(`${what}: expected ${expected}, got ${show(got)}`);
    console.log(`  ok ${what}`);
}

/** A fetch that ends in time and notes what went over the wire. */
function recording(seen) {
    return async (url, init = {}) => {
        // The stream that the client keeps open for messages has no end of its own.
        const stream = init.method === 'GET' && new Headers(init.headers).get('accept') === 'text/event-stream';
        const limit = stream ? [] : [AbortSignal.timeout(TIMEOUT)];
        const signals = [init.signal, ...limit].filter(Boolean);
        const answer = await fetch(url, { ...init, signal: signals.length ? AbortSignal.any(signals) : undefined });
        seen.push({ method: init.method ?? 'GET', url: String(url), status: answer.status, type: answer.headers.get('content-type') });
        return answer;
    };
}

/** Those of a WWW-Authenticate header with the scheme Bearer. */
function parameters(answer) {
    const challenge = answer.headers.get('www-authenticate') ?? '';
    return Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(found => found.slice(1)));
}

async function plain(url, init = {}) {
    const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT) });
    return { answer, text: await answer.text() };
}

/** What a client sees before it logs in; returns the protected resource metadata. */
async function withoutAToken(url) {
    const { answer } = await plain(url, { method: 'POST' });
    expect('no token: status', answer.status, 401);
    const challenge = parameters(answer);
    expectThat('no token: challenge names the metadata', challenge.resource_metadata, 'resource_metadata in WWW-Authenticate', challenge);
    expect('no token: challenge has no error', challenge.error, undefined);
    const { answer: found, text } = await plain(challenge.resource_metadata);
    expect('metadata: status', found.status, 200);
    expect('metadata: media type', found.headers.get('content-type'), 'application/json');
    const metadata = JSON.parse(text);
    expect('metadata: resource', metadata.resource, url);
    expect('metadata: scopes_supported', metadata.scopes_supported, ['notes:read']);
    return metadata;
}

async function expectInvalidToken(url, what, token) {
    const { answer } = await plain(url, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
    expect(`${what}: 401 invalid_token`, [answer.status, parameters(answer).error], [401, 'invalid_token']);
}

function connection(url, authProvider, seen) {
    const client = new Client({ name: 'interop', version: '1.0.0' });
    const transport = new StreamableHTTPClientTransport(new URL(url), {
        authProvider,
        fetch: recording(seen),
        // The end of the message stream is the end of the test here. Otherwise the SDK tries to open
        // it again after `close` too, which keeps the process alive for seconds.
        reconnectionOptions: { maxRetries: 0, initialReconnectionDelay: 1, maxReconnectionDelay: 1, reconnectionDelayGrowFactor: 1 }
    });
    return { client, transport };
}

async function close({ client, transport }) {
    await transport.terminateSession();
    await client.close();
}

/** A refusal is a JSON-RPC error that says what is missing. */
async function expectRefused(client, name, args, says) {
    const got = await call(client, name, args).catch(error => error);
    expectThat(`${name}: refused by a JSON-RPC error`, got instanceof McpError, 'McpError', got instanceof Error ? String(got) : got);
    expectThat(`${name}: refused, says "${says}"`, got.message.includes(says), says, got.message);
    expect(`${name}: error code`, got.code, 403);
}

const call = (client, name, args = {}) => client.callTool({ name, arguments: args }, undefined, { timeout: TIMEOUT });

/** Connecting without a token, logging in, connecting again: as the SDK's documentation has it. */
async function login(url, metadata) {
    const seen = [];
    const provider = new HeadlessProvider();
    const first = connection(url, provider, seen);
    const refused = await first.client.connect(first.transport, { timeout: TIMEOUT }).catch(error => error);
    expectThat('first connection: UnauthorizedError', refused instanceof UnauthorizedError, 'UnauthorizedError', String(refused));
    await first.transport.finishAuth(provider.takeCode());
    // A transport that was started cannot be started again.
    await first.client.close();

    const { client, transport } = connection(url, provider, seen);
    await client.connect(transport, { timeout: TIMEOUT });
    expect('protocol', transport.protocolVersion, LATEST_PROTOCOL_VERSION);

    const issuer = new URL(metadata.authorization_servers[0]);
    const documents = seen.filter(({ url }) => url.includes('/.well-known/'));
    const known = {
        resource: `${new URL(url).origin}/.well-known/oauth-protected-resource/mcp`,
        server: `${issuer.origin}/.well-known/oauth-authorization-server${issuer.pathname}`
    };
    expect(
        'discovery: both documents at the first place tried',
        new Set(documents.map(({ url, status }) => `${status} ${url}`)),
        new Set([`200 ${known.resource}`, `200 ${known.server}`])
    );
    expect('asked for the scope of the challenge only', provider.asked.scope, 'notes:read');
    expect('asked for a token for this server', provider.asked.resource, url);
    expect('asked with PKCE', provider.asked.code_challenge_method, 'S256');
    expect('authorization response names the issuer', provider.issuer, issuer.href);
    expect('no refresh token that nobody asked for', provider.saved.refresh_token, undefined);

    const { tools } = await client.listTools(undefined, { timeout: TIMEOUT });
    expect('tools', tools.map(tool => tool.name).sort(), ['admin_reset', 'auth_status', 'echo', 'notes_add', 'notes_list']);
    expect('ping', await client.ping({ timeout: TIMEOUT }), {});

    const { structuredContent: status } = await call(client, 'auth_status');
    expectThat('auth_status: subject', /^usr_\w+$/.test(status.subject), 'usr_...', status.subject);
    expectThat('auth_status: organization', /^org_\w+$/.test(status.organization), 'org_...', status.organization);
    expect('auth_status: scopes', status.scopes, ['notes:read']);
    expect('auth_status: client', status.client_id, provider.client.client_id);
    expect('auth_status: not a machine', status.machine, false);

    const echo = await call(client, 'echo', { message: 'héllo' });
    expect('echo', echo.content[0].text, 'héllo');
    const notes = await call(client, 'notes_list');
    expect('notes_list: structured', notes.structuredContent, { notes: [] });
    // Who lacks a role is not told which one, unlike a scope, which a client can ask for.
    await expectRefused(client, 'admin_reset', {}, 'not allowed');
    // A refusal must leave the connection usable.
    expect('still connected', (await call(client, 'notes_list')).structuredContent, { notes: [] });
    await close({ client, transport });

    expect('one 401, the first request', seen.map(({ status }) => status).filter(status => status === 401), [401]);
    expect('one login', provider.redirects, 1);
    const odd = seen.slice(1).filter(({ status }) => ![200, 201, 202, 204].includes(status));
    expect('no unexpected status', odd, []);
    return provider.saved.access_token;
}

/** The same token with one thing wrong. The rest is the Python client's to try. */
async function withABadToken(url, token) {
    await expectInvalidToken(url, 'garbage token', 'garbage');
    const [head, claims, signature] = token.split('.');
    const changed = signature.startsWith('A') ? 'B' : 'A';
    await expectInvalidToken(url, 'tampered token', `${head}.${claims}.${changed}${signature.slice(1)}`);
}

/** An access token that is refused is replaced without a login, and the refresh token with it. */
async function refresh(url) {
    const seen = [];
    const fetchFn = recording(seen);
    const scope = 'notes:read offline_access';
    // The metadata does not offer offline_access, nor does Scalekit's, and the SDK prefers what
    // the server offers to `clientMetadata.scope`: only an explicit `auth` can ask for it.
    const provider = new HeadlessProvider(scope);
    expect('asking for offline_access', await auth(provider, { serverUrl: url, scope, fetchFn }), 'REDIRECT');
    expect('asked for offline_access', provider.asked.scope, scope);
    expect('login', await auth(provider, { serverUrl: url, scope, fetchFn, authorizationCode: provider.takeCode() }), 'AUTHORIZED');
    const before = provider.saved;
    expectThat('refresh token given', before.refresh_token, 'a refresh token', Object.keys(before));

    // As after its expiry: the transport must notice the 401, refresh and repeat the request.
    provider.saved = { ...before, access_token: 'expired' };
    const { client, transport } = connection(url, provider, seen);
    await client.connect(transport, { timeout: TIMEOUT });
    const { structuredContent: status } = await call(client, 'auth_status');
    expectThat('refreshed: subject', /^usr_\w+$/.test(status.subject), 'usr_...', status.subject);
    expect('refreshed: without another login', provider.redirects, 1);
    expectThat('refreshed: new access token', ![before.access_token, 'expired'].includes(provider.saved.access_token), 'another one', 'the old one');
    expectThat('refreshed: refresh token rotated', provider.saved.refresh_token && provider.saved.refresh_token !== before.refresh_token, 'another one', 'the old one or none');

    // By hand, as a program does that refreshes ahead of time.
    const { authorizationServerUrl, authorizationServerMetadata: metadata } = await discoverOAuthServerInfo(url, { fetchFn });
    const again = { metadata, clientInformation: provider.client, resource: url, fetchFn };
    const next = await refreshAuthorization(authorizationServerUrl, { ...again, refreshToken: provider.saved.refresh_token });
    expectThat('refreshAuthorization: rotated again', next.refresh_token !== provider.saved.refresh_token, 'another one', 'the old one');
    provider.saved = { ...next, issuer: provider.saved.issuer };
    expect('refreshAuthorization: the connection goes on', (await call(client, 'notes_list')).structuredContent, { notes: [] });
    await close({ client, transport });

    const replayed = await refreshAuthorization(authorizationServerUrl, { ...again, refreshToken: before.refresh_token }).catch(error => error);
    // Scalekit lets it pass for 30 s, as for a client that never got the answer.
    expectThat('used refresh token: good once more within the grace', !(replayed instanceof Error), 'tokens', String(replayed));
}

/** A 403 that names a scope makes the SDK ask for it, and the call then goes through. */
async function stepUp(url, metadata) {
    const seen = [];
    const provider = new HeadlessProvider();
    // By hand and without a scope: the SDK would register for those of the first challenge alone,
    // and no issuer that keeps to that could then grant more.
    const issuer = metadata.authorization_servers[0];
    const { pathname, origin } = new URL(issuer);
    const { text: described } = await plain(`${origin}/.well-known/oauth-authorization-server${pathname}`);
    const { answer, text } = await plain(JSON.parse(described).registration_endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(provider.clientMetadata)
    });
    expect('registered', answer.status, 201);
    provider.client = { client_id: JSON.parse(text).client_id, redirect_uris: [provider.redirectUrl] };

    expect('login', await auth(provider, { serverUrl: url }), 'REDIRECT');
    expect('login: asked for nothing more than it must', provider.asked.scope, 'notes:read');
    expect('login: done', await auth(provider, { serverUrl: url, authorizationCode: provider.takeCode() }), 'AUTHORIZED');
    const { client, transport } = connection(url, provider, seen);
    try {
        await client.connect(transport, { timeout: TIMEOUT });
        const refused = await call(client, 'notes_add', { text: 'x' }).catch(error => error);
        expectThat('notes_add: UnauthorizedError', refused instanceof UnauthorizedError, 'UnauthorizedError', String(refused));
        expect('asked for both scopes', provider.asked.scope, 'notes:read notes:write');
        await transport.finishAuth(provider.takeCode());
        const { structuredContent: added } = await call(client, 'notes_add', { text: 'x' });
        expect('notes_add: with the new token', added, { notes: ['x'] });
        const { structuredContent: status } = await call(client, 'auth_status');
        expect('auth_status: scopes', status.scopes, ['notes:read', 'notes:write']);
        expect('the session went on: one initialize', seen.filter(({ status }) => status === 202).length, 1);
        expect('one 403 and no 401', seen.map(({ status }) => status).filter(status => status > 399), [403]);
        await transport.terminateSession();
    } finally {
        await client.close();
    }
}

/** A client that the issuer knows by a document: nothing is registered. */
async function byADocument(url, id) {
    const seen = [];
    const provider = new HeadlessProvider();
    provider.clientMetadataUrl = id;
    const fetchFn = recording(seen);
    expect('login', await auth(provider, { serverUrl: url, fetchFn }), 'REDIRECT');
    expect('asked by the document', provider.asked.client_id, id);
    expect('login: done', await auth(provider, { serverUrl: url, authorizationCode: provider.takeCode(), fetchFn }), 'AUTHORIZED');
    const { client, transport } = connection(url, provider, seen);
    await client.connect(transport, { timeout: TIMEOUT });
    const { structuredContent: status } = await call(client, 'auth_status');
    expect('auth_status: client', status.client_id, id);
    expect('no registration', seen.filter(({ url }) => url.endsWith('clients:register')), []);
    await close({ client, transport });
}

/** What to print of a failure. */
function told(error) {
    if (error instanceof Failed) return error.message;
    if (error?.name === 'TimeoutError') return `expected an answer within ${TIMEOUT} ms, got none`;
    return error?.stack ?? error;
}

try {
    const [url, id, rbac] = process.argv.slice(2);
    const metadata = await withoutAToken(url);
    console.log('  -- login');
    const token = await login(url, metadata);
    await withABadToken(url, token);
    console.log('  -- refresh');
    await refresh(url);
    console.log('  -- step-up');
    await stepUp(url, metadata);
    console.log('  -- step-up by a Cedar policy');
    await stepUp(rbac, await withoutAToken(rbac));
    console.log('  -- by a document');
    await byADocument(url, id);
} catch (error) {
    console.log(`  FAILED ${redact(told(error))}`);
    process.exitCode = 1;
}
