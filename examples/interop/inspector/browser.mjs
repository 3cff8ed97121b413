// A real Chromium without a window, and what its pages ask of whom.

import { chromium } from 'playwright-core';

// Milliseconds for anything that a page is to show.
const PAGE_LIMIT = 20_000;

/** A name that leads to loopback, as an attacker's does after DNS rebinding. */
export const STRANGE_HOST = 'attacker.test';

export function launch() {
    return chromium.launch({
        executablePath: process.env.CHROMIUM_BIN || '/usr/bin/chromium',
        // The signals are this program's: its end is the browser's too.
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
        args: [
            // The pages are all of this machine, so it may run as root, without its sandbox.
            '--no-sandbox',
            '--disable-gpu',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
            '--no-proxy-server',
            // Nothing leaves loopback, not even the Inspector's fonts.
            `--host-resolver-rules=MAP ${STRANGE_HOST} localhost, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1`
        ]
    });
}

/** A page with a storage of its own, so that nobody is logged in. */
export async function openPage(browser) {
    const context = await browser.newContext({ viewport: { width: 1400, height: 1500 }, locale: 'en-US' });
    const page = await context.newPage();
    page.setDefaultTimeout(PAGE_LIMIT);
    // What the page and its frames sent and got, in order; preflights apart, since the browser
    // sends them itself.
    const seen = [];
    const preflights = [];
    const complaints = [];
    page.on('response', response => {
        const request = response.request();
        seen.push({ method: request.method(), url: response.url(), status: response.status(), headers: request.headers() });
    });
    page.on('console', message => complaints.push(message.text()));
    const protocol = await context.newCDPSession(page);
    await protocol.send('Network.enable');
    protocol.on('Network.responseReceived', ({ type, response }) => {
        if (type === 'Preflight') preflights.push({ url: response.url, status: response.status });
    });
    return { page, seen, preflights, complaints, close: () => context.close() };
}
