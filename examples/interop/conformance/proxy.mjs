// A loopback proxy that adds an access token to every request, for clients that cannot send one.
//
//     ACCESS_TOKEN=... node proxy.mjs http://127.0.0.1:8000

import { pathToFileURL } from 'node:url';

// `run` lays the files of ../proxy beside this one.
import { startProxy as forward, without } from './forward.mjs';

const AUTHORIZATION = new Set(['authorization']);

// Forwards to the origin of `target`. Resolves to the proxy's own origin, and its end.
export function startProxy(target, token) {
    const toServer = headers => [...without(headers, AUTHORIZATION), 'Authorization', `Bearer ${token}`];
    return forward(target, { toServer });
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
