// A loopback proxy that adds an access token to every request, for clients that cannot send one.
//
//     ACCESS_TOKEN=... node proxy.mjs http://127.0.0.1:8000
//
// Everything else goes through as it is, in both directions and as it comes: method, path, Host,
// Origin, bodies, event streams, and the end of either side.

import http from 'node:http';
import { pathToFileURL } from 'node:url';

// Of one connection, not of the request (RFC 9110, section 7.6.1).
const HOP_BY_HOP = new Set(['connection', 'keep-alive']);

// Forwards to the origin of `target`. Resolves to the proxy's own origin, and its end.
export async function startProxy(target, token) {
    const { hostname, port } = new URL(target);
    const server = http.createServer((request, response) => {
        const headers = pairs(request.rawHeaders, name => name === 'authorization');
        headers.push('Authorization', `Bearer ${token}`);
        const { method, url: path } = request;
        const forward = http.request({ hostname, port, method, path, headers, setHost: false, agent: false });
        forward.on('response', answer => {
            response.writeHead(answer.statusCode, answer.statusMessage, pairs(answer.rawHeaders));
            // A stream has its headers before it has anything else.
            response.flushHeaders();
            answer.pipe(response);
            answer.on('error', () => response.destroy());
        });
        forward.on('error', error => {
            if (response.headersSent || response.destroyed) return response.destroy();
            response.writeHead(502, { 'content-type': 'text/plain' }).end(`proxy: ${error.code}\n`);
        });
        response.on('close', () => forward.destroy());
        request.pipe(forward);
    });
    await new Promise((listening, failed) => {
        server.on('error', failed);
        server.listen(0, '127.0.0.1', listening);
    });
    const stop = () => {
        server.close();
        server.closeAllConnections();
    };
    return { origin: `http://127.0.0.1:${server.address().port}`, stop };
}

// The headers of a message, in order, as they were written.
function pairs(rawHeaders, unwanted = () => false) {
    const kept = [];
    for (let at = 0; at < rawHeaders.length; at += 2) {
        const name = rawHeaders[at].toLowerCase();
        if (!HOP_BY_HOP.has(name) && !unwanted(name)) kept.push(rawHeaders[at], rawHeaders[at + 1]);
    }
    return kept;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
    const token = process.env.ACCESS_TOKEN;
    const [target] = process.argv.slice(2);
    if (!token || !target) {
        console.error('ACCESS_TOKEN=... node proxy.mjs URL');
        process.exit(2);
    }
    console.log((await startProxy(target, token)).origin);
}
