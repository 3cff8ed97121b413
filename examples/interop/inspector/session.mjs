// A run in a browser, from its start to its exit code: one page for each use, and a screenshot of
// the page as it was when something failed.

import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';

import { launch, openPage } from './browser.mjs';
import { Failed, redact } from './checks.mjs';

/** `uses(run)`, where `run(name, use)` is one use of the browser, by somebody new. Screenshots go into `folder`. */
export async function inBrowser(folder, uses) {
    // Ending runs what ends the browser and the programs beside it.
    for (const [signal, number] of [['SIGHUP', 1], ['SIGINT', 2], ['SIGTERM', 15]]) {
        process.once(signal, () => process.exit(128 + number));
    }
    try {
        await rm(folder, { recursive: true, force: true });
        await mkdir(folder, { recursive: true });
        const browser = await launch();
        try {
            await uses((name, use) => useOnce(browser, folder, name, use));
        } finally {
            await browser.close();
        }
    } catch (error) {
        console.log(`  FAILED ${redact(error instanceof Failed ? error.message : (error?.stack ?? error))}`);
        process.exitCode = 1;
    }
}

async function useOnce(browser, folder, name, use) {
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
