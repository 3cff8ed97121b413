// A loopback proxy that records what a client requests: `record.mjs PORT TARGET FILE [--without-challenge]`.
//
// Appends a line of JSON for each answer to FILE, before the client gets it. Of credentials only the
// scheme is recorded. --without-challenge removes WWW-Authenticate from every 401, as servers do that
// rely on their well-known documents alone. Prints one line once it accepts connections.

import { appendFileSync, writeFileSync } from 'node:fs';

import { startProxy, without } from './forward.mjs';

const [port, target, file, ...options] = process.argv.slice(2);
if (!file || options.some(option => option !== '--without-challenge')) {
    console.error('record.mjs PORT TARGET FILE [--without-challenge]');
    process.exit(2);
}
const challenges = options.length === 0;

function toClient(headers, { request, status }) {
    const kept = challenges || status !== 401 ? headers : without(headers, new Set(['www-authenticate']));
    const line = {
        method: request.method,
        path: request.url,
        protocol: request.headers['mcp-protocol-version'] ?? null,
        authorization: request.headers.authorization?.split(' ')[0] ?? null,
        status,
        challenge: kept.some((name, at) => at % 2 === 0 && name.toLowerCase() === 'www-authenticate')
    };
    appendFileSync(file, `${JSON.stringify(line)}\n`);
    return kept;
}

writeFileSync(file, '');
const { origin } = await startProxy(target, { port: Number(port), toClient });
console.log(JSON.stringify({ origin }));
