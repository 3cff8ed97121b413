// Scalekit's SDK for Node.js at the mock: `node check.mjs READY`, the readiness line of the mock.
//
// What the SDK asks by REST must work: tokens of the mock, its key set, its webhooks. What it asks by gRPC alone must
// fail, so that this is noticed when it changes. Prints a line per check; the first that fails ends it with exit code 1.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { isDeepStrictEqual } from 'node:util';

import { ScalekitClient } from '@scalekit-sdk/node';

const ready = JSON.parse(process.argv[2]);
const { environment_url: environment, issuer, resource_id: resource } = ready;
const control = `${ready.control_url}/environments/default`;

// What the SDK is to refuse, by the names of the mock's defects.
const REFUSED = [
    'expired', 'not-yet-valid', 'wrong-issuer', 'issuer-of-another-resource', 'issuer-with-slash', 'without-issuer',
    'wrong-audience', 'without-audience', 'unknown-kid', 'wrong-key', 'corrupt-signature', 'alg-none', 'wrong-algorithm',
    'hs256-with-public-key', 'truncated',
];
// What it accepts, though RFC 9068 or RFC 7519 say otherwise: a server has to check these itself.
const ACCEPTED = ['without-exp', 'wrong-type', 'without-subject'];

// What lists organizations.
const GRPC = '/scalekit.v1.organizations.OrganizationService/ListOrganization';

const MODES = {
    'in-order': undefined,
    'stale-timestamp': /too old/,
    'future-timestamp': /too new/,
    'forged-signature': /Invalid Signature/,
    'wrong-secret': /Invalid Signature/,
    'altered-body': /Invalid Signature/,
};

function expect(what, got, expected) {
    if (!isDeepStrictEqual(got, expected)) {
        throw new Error(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
    }
    console.log(`  ok ${what}`);
}

async function post(path, body) {
    const headers = { authorization: `Bearer ${ready.control_token}`, 'content-type': 'application/json' };
    const answer = await fetch(`${control}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return text && JSON.parse(text);
}

const token = async (defects = [], members = {}) => (await post('tokens', { defects, ...members })).token;
const sdk = (secret = ready.client_secret) => new ScalekitClient(environment, ready.client_id, secret);

async function tokens(client) {
    const accepts = (token, options = {}) =>
        client.validateAccessToken(token, { issuer: environment, audience: [resource], ...options });
    const good = await token([], { subject: 'usr_7', scopes: ['notes:read'] });
    const claims = await client.validateToken(good, { issuer: environment, audience: [resource] });
    expect('good token: subject', claims.sub, 'usr_7');
    expect('good token: scopes', claims.scopes, ['notes:read']);
    expect('good token: without options', await client.validateAccessToken(good), true);
    for (const defect of ['wrong-issuer', 'wrong-audience']) {
        const accepted = await client.validateAccessToken(await token([defect]));
        expect(`accepted without options: ${defect}`, accepted, true);
    }
    for (const [what, isAccepted, options] of [
        ['its scope is required', true, { requiredScopes: ['notes:read'] }],
        ['another scope is required', false, { requiredScopes: ['notes:write'] }],
        ['another audience is expected', false, { audience: ['res_2'] }],
        ['the issuer of the resource is expected', false, { issuer }],
        ['both issuers are expected', true, { issuer: [environment, issuer] }],
    ]) {
        expect(`good token, ${what}`, await accepts(good, options), isAccepted);
    }
    const below = await token([], { claims: { iss: issuer } });
    expect('token of the issuer of the resource', await accepts(below, { issuer }), true);
    expect('the same, both issuers are expected', await accepts(below, { issuer: [environment, issuer] }), true);
    expect('the same, the environment is expected', await accepts(below), false);
    for (const defect of REFUSED) expect(`refused: ${defect}`, await accepts(await token([defect])), false);
    for (const defect of ACCEPTED) expect(`accepted by the SDK: ${defect}`, await accepts(await token([defect])), true);
}

// The SDK fetches the keys once: a token of a new key needs a new client.
async function rotation(client) {
    await post('keys/rotate', {});
    const next = await token();
    expect('new key: the old client refuses its tokens', await client.validateAccessToken(next), false);
    expect('new key: a new client accepts them', await sdk().validateAccessToken(next), true);
}

// The SDK gets its token by REST, and uses it by gRPC.
async function management(client) {
    const own = await client.getClientAccessToken();
    expect('client credentials: a JWT', own.split('.').length, 3);
    const refusal = await sdk('wrong').getClientAccessToken().catch((error) => error);
    expect('client credentials: a wrong secret', refusal.httpStatus, 401);
    const headers = { authorization: `Bearer ${own}` };
    const answer = await fetch(`${environment}/api/v1/organizations`, { headers });
    const { organizations } = await answer.json();
    expect('its token by REST: organizations', organizations.map(({ id }) => id), ['org_1000000001']);
    // Over HTTP/2 without TLS, since the URL is http. The mock answers 404, as to every path that it does not serve.
    const listed = await client.organization.listOrganization({ pageSize: 10 }).catch((error) => error);
    if (!(listed instanceof Error)) {
        throw new Error('listOrganization: expected gRPC alone; if it speaks REST now, compare the organizations');
    }
    expect('its own call, by gRPC: fails', listed.constructor.name, 'ScalekitNotImplementedException');
    const requests = await (await fetch(`${control}/requests`, { headers: { authorization: `Bearer ${ready.control_token}` } })).json();
    expect('its own call, by gRPC: path', requests.at(-1).path, GRPC);
}

async function webhooks(client) {
    let received;
    const server = createServer((request, response) => {
        const parts = [];
        request.on('data', (part) => parts.push(part));
        request.on('end', () => {
            response.writeHead(201).end();
            received({ headers: request.headers, body: Buffer.concat(parts).toString() });
        });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${server.address().port}/webhooks`;
    const { secrets } = await post('webhooks', { url });
    for (const [mode, refusal] of Object.entries(MODES)) {
        const next = new Promise((resolve) => (received = resolve));
        await post('deliveries/mode', { mode });
        await post('events', { type: 'organization.sso_enabled' });
        const { headers, body } = await next;
        expect(`webhook ${mode}: type`, JSON.parse(body).type, 'organization.sso_enabled');
        let verdict;
        try {
            verdict = client.verifyWebhookPayload(secrets[0], headers, body);
        } catch (error) {
            verdict = error.message;
        }
        const isExpected = refusal ? refusal.test(verdict) : verdict === true;
        expect(`webhook ${mode}: ${refusal ? 'refused' : 'accepted'}`, isExpected ? 'so' : verdict, 'so');
    }
    server.close();
    server.closeAllConnections();
}

try {
    const client = sdk();
    await tokens(client);
    await webhooks(client);
    await management(client);
    await rotation(client);
} catch (error) {
    console.log(`  FAILED ${String(error.message).replace(/eyJ[\w-]+(\.[\w-]*)*/g, '<token>')}`);
    process.exitCode = 1;
}
