// MCP Inspector in a real Chromium against a protected server of this project: logs in, lists the
// tools and calls two, as a person would; then looks at what the browser sent to whom.
//
//     CHROMIUM_BIN=/usr/bin/chromium node inspect.mjs URL FOLDER
//
// Screenshots go into FOLDER, also that of the page as it was when something failed.

import { mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

import { launch, openPage } from './browser.mjs';
import { expect, Failed, redact } from './checks.mjs';
import { expectDirect, expectProxied, startV1, useV1 } from './v1.mjs';
import { expectLeft, startV2, useV2 } from './v2.mjs';

const [server, folder] = process.argv.slice(2);
if (!folder) {
    console.error('node inspect.mjs URL FOLDER');
    process.exit(2);
}
// Ending runs what ends the browser and the Inspector.
for (const [signal, number] of [['SIGHUP', 1], ['SIGINT', 2], ['SIGTERM', 15]]) {
    process.once(signal, () => process.exit(128 + number));
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

/** One use of the Inspector, by somebody new. */
async function run(browser, name, use) {
    console.log(`  -- ${name}`);
    const opened = await openPage(browser);
    const screenshot = path.join(folder, `${name.replace(/\W+/g, '-')}.png`);
    try {
        await use(opened, () => opened.page.screenshot({ path: screenshot }));
    } catch (error) {
        await opened.page.screenshot({ path: screenshot }).catch(() => {});
        console.log(`  the page: ${screenshot}`);
        for (const { method, url, status } of opened.seen.slice(-15)) console.log(redact(`  | ${status} ${method} ${url}`));
        for (const text of opened.complaints.slice(-5)) console.log(redact(`  | console: ${text.slice(0, 300)}`));
        throw error;
    } finally {
        await opened.close();
    }
}

async function runV1(browser, node) {
    const inspector = await startV1(node);
    try {
        await run(browser, 'version 1, direct', async (opened, screenshot) => {
            await useV1(opened, inspector, server, 'Direct');
            await screenshot();
            expectLogin(opened, 'notes:read', 2);
            await expectDirect(opened, inspector, server);
        });
        await run(browser, 'version 1, proxy', async (opened, screenshot) => {
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

async function runV2(browser, node, era) {
    // A new one each time: it remembers who is logged in where.
    const inspector = await startV2(node, server, era, folder);
    try {
        await run(browser, `version 2, ${era}`, async (opened, screenshot) => {
            await useV2(opened, inspector, era);
            await screenshot();
            expectLogin(opened, 'notes:read');
            expectLeft(opened, server);
        });
    } finally {
        await inspector.stop();
    }
}

try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    const node = nodeForTheInspector();
    const browser = await launch();
    try {
        await runV1(browser, node);
        await runV2(browser, node, 'legacy');
        await runV2(browser, node, 'modern');
    } finally {
        await browser.close();
    }
} catch (error) {
    console.log(`  FAILED ${redact(error instanceof Failed ? error.message : (error?.stack ?? error))}`);
    process.exitCode = 1;
}
