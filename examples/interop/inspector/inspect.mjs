// MCP Inspector in a real Chromium against a protected server of this project: logs in, lists the
// tools and calls two, as a person would; then looks at what the browser sent to whom.
//
//     CHROMIUM_BIN=/usr/bin/chromium node inspect.mjs URL FOLDER
//
// Screenshots go into FOLDER, also that of the page as it was when something failed.

import { createRequire } from 'node:module';

import { expect } from './checks.mjs';
import { inBrowser } from './session.mjs';
import { expectDirect, expectProxied, startV1, useV1 } from './v1.mjs';
import { expectLeft, startV2, useV2 } from './v2.mjs';

const [server, folder] = process.argv.slice(2);
if (!folder) {
    console.error('node inspect.mjs URL FOLDER');
    process.exit(2);
}

// The Inspector needs Node.js 22, which is among the packages here where it is to be had for the
// platform.
function nodeForTheInspector() {
    try {
        return createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/bin/node`);
    } catch {
        return process.execPath;
    }
}

/**
 * What every login asks for, through whomever the page speaks. Version 1 at times begins a login
 * that it has begun already, and leaves the first one.
 */
function expectLogin({ seen }, scope, most = 1) {
    const logins = seen.filter(({ url }) => new URL(url).pathname.endsWith('/oauth/authorize'));
    expect(`logins, ${most} at the most`, logins.length > 0 && logins.length <= most, true);
    for (const [at, { url, status }] of logins.entries()) {
        expect('login: redirects', status, 302);
        const asked = new URL(url).searchParams;
        // The second at times goes by the metadata, which lists all scopes, and not by the challenge.
        const all = at > 0 && asked.get('scope') === 'notes:read notes:write';
        expect('scope asked for', all ? scope : asked.get('scope'), scope);
        expect('asked for a token for this server', asked.get('resource'), server);
        expect('asked with PKCE', asked.get('code_challenge_method'), 'S256');
    }
}

async function runV1(run, node) {
    const inspector = await startV1(node);
    try {
        await run('version 1, direct', async (opened, screenshot) => {
            await useV1(opened, inspector, server, 'Direct');
            await screenshot();
            expectLogin(opened, 'notes:read', 2);
            await expectDirect(opened, inspector, server);
        });
        await run('version 1, proxy', async (opened, screenshot) => {
            await useV1(opened, inspector, server, 'Via Proxy');
            await screenshot();
            // It never sees the challenge, looks for the resource's metadata at the root alone, and
            // then takes all scopes of the issuer.
            expectLogin(opened, 'notes:read notes:write', 2);
            expectProxied(opened, inspector, server);
        });
    } finally {
        await inspector.stop();
    }
}

async function runV2(run, node, era) {
    // A new one each time: it remembers who is logged in where.
    const inspector = await startV2(node, server, era, folder);
    try {
        await run(`version 2, ${era}`, async (opened, screenshot) => {
            await useV2(opened, inspector, era);
            await screenshot();
            expectLogin(opened, 'notes:read');
            expectLeft(opened, server);
        });
    } finally {
        await inspector.stop();
    }
}

await inBrowser(folder, async run => {
    const node = nodeForTheInspector();
    await runV1(run, node);
    await runV2(run, node, 'legacy');
    await runV2(run, node, 'modern');
});
