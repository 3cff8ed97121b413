// A loopback proxy that changes headers, and nothing else.
//
// Method, path, Host, Origin, bodies, event streams and the end of either side go through as they are,
// in both directions and as they come.

import http from 'node:http';

// Of one connection, not of the request (RFC 9110, section 7.6.1).
const HOP_BY_HOP = new Set(['connection', 'keep-alive']);

const unchanged = headers => headers;

/**
 * Forwards to the origin of `target`. `port` 0, the default, is a free one. `toServer(headers)` and
 * `toClient(headers, exchange)` take and return the flat list of names and values that a message has;
 * `exchange` is the request and the status of its answer. Resolves to the proxy's own origin, and its end.
 */
export async function startProxy(target, { port = 0, toServer = unchanged, toClient = unchanged }) {
    const { hostname, port: targetPort } = new URL(target);
    const server = http.createServer((request, response) => {
        const { method, url: path } = request;
        const headers = toServer(without(request.rawHeaders, HOP_BY_HOP));
        const forward = http.request({ hostname, port: targetPort, method, path, headers, setHost: false, agent: false });
        forward.on('response', answer => {
            const exchange = { request, status: answer.statusCode };
            const kept = without(answer.rawHeaders, HOP_BY_HOP);
            response.writeHead(answer.statusCode, answer.statusMessage, toClient(kept, exchange));
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
        server.listen(port, '127.0.0.1', listening);
    });
    const stop = () => {
        server.close();
        server.closeAllConnections();
    };
    return { origin: `http://127.0.0.1:${server.address().port}`, stop };
}

/** The headers of a message, in order and as they were written, less those with these names (lower case). */
export function without(rawHeaders, names) {
    const kept = [];
    for (let at = 0; at < rawHeaders.length; at += 2) {
        if (!names.has(rawHeaders[at].toLowerCase())) kept.push(rawHeaders[at], rawHeaders[at + 1]);
    }
    return kept;
}
