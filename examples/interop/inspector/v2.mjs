// MCP Inspector 2: the page leaves MCP and OAuth's requests to a program beside it.

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

import { expect } from './checks.mjs';
import { freePorts, start } from './program.mjs';

const require = createRequire(import.meta.url);
const NAME = 'notes';

/** Starts it with one server in its list, `era` naming the protocol to speak with it. */
export async function startV2(node, server, era, folder) {
    const [port] = await freePorts(1);
    // It keeps what it knows at home.
    const home = await mkdtemp(path.join(folder, 'home-'));
    const list = path.join(home, 'servers.json');
    await writeFile(list, JSON.stringify({ mcpServers: { [NAME]: { type: 'http', url: server, protocolEra: era } } }));
    const program = path.join(path.dirname(require.resolve('inspector-v2/package.json')), 'clients/launcher/build/index.js');
    const forget = () => rm(home, { recursive: true, force: true });
    try {
        const stop = await start('the Inspector 2', node, [program, '--web', '--config', list], {
            ready: 'MCP Inspector Web is up and running',
            env: {
                ...process.env,
                HOME: home,
                CLIENT_PORT: String(port),
                // For pages that servers send, which this one does not.
                MCP_SANDBOX_PORT: '0',
                MCP_APP_ORIGIN_PORT: '0',
                MCP_INSPECTOR_API_TOKEN: randomUUID(),
                MCP_INSPECTOR_SECRET_STORE: 'memory',
                MCP_AUTO_OPEN_ENABLED: 'false'
            }
        });
        return { address: `http://127.0.0.1:${port}/`, stop: () => stop().then(forget) };
    } catch (error) {
        await forget();
        throw error;
    }
}

/** As a person does it, up to the answer of the last tool. */
export async function useV2({ page }, { address }, era) {
    const pick = name => page.getByRole('button', { name }).first().click();
    const shows = text => page.getByText(text).first().waitFor();

    await page.goto(address);
    // The switch itself is hidden behind its picture.
    await page.getByRole('switch', { name: NAME }).check({ force: true });
    await page.locator('[data-testid=connection-status][data-status=connected]').waitFor();
    console.log('  ok logged in and connected');

    await page.getByText('Tools', { exact: true }).click();
    await page.getByRole('heading', { name: 'Tools (5)' }).waitFor();
    for (const name of ['admin_reset', 'auth_status', 'echo', 'notes_add', 'notes_list']) await shows(name);
    expect('era', await page.getByText(/^(Legacy|Modern)$/).first().innerText().then(text => text.toLowerCase()), era);
    console.log('  ok tools');

    await pick('echo');
    await page.getByRole('textbox', { name: 'message' }).fill('héllo');
    await pick('Execute Tool');
    await page.getByRole('heading', { name: 'Results' }).waitFor();
    await shows(/^héllo$/);
    console.log('  ok echo');

    await pick('auth_status');
    await pick('Execute Tool');
    await shows(/"usr_\d+"/);
    await shows(/"notes:read"/);
    console.log('  ok auth_status: subject and scope');
}

/** That the page left everything but the login to the program beside it. */
export function expectLeft({ seen }, server) {
    const { origin } = new URL(server);
    expect('the page itself never spoke to the server', seen.filter(({ url }) => new URL(url).origin === origin), []);
}
