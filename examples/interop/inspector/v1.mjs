// MCP Inspector 1: a page that speaks MCP itself, or through a proxy beside it.

import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';

import { STRANGE_HOST } from './browser.mjs';
import { expect } from './checks.mjs';
import { freePorts, start } from './program.mjs';

const require = createRequire(import.meta.url);

/** Starts it, and resolves to its parts. */
export async function startV1(node) {
    const [port, proxyPort] = await freePorts(2);
    const proxy = `http://localhost:${proxyPort}`;
    const token = randomUUID();
    const program = path.join(path.dirname(require.resolve('inspector-v1/package.json')), 'cli/build/cli.js');
    const stop = await start('the Inspector 1', node, [program], {
        ready: 'MCP Inspector is up and running',
        env: {
            ...process.env,
            // It starts its parts with the `node` of the path.
            PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}`,
            CLIENT_PORT: String(port),
            SERVER_PORT: String(proxyPort),
            MCP_PROXY_AUTH_TOKEN: token,
            MCP_AUTO_OPEN_ENABLED: 'false'
        }
    });
    // The proxy by its address, not its port: the page forgets the port during the login.
    const query = new URLSearchParams({ MCP_PROXY_FULL_ADDRESS: proxy, MCP_PROXY_AUTH_TOKEN: token });
    return { port, proxy, address: `http://localhost:${port}/?${query}`, stop };
}

/** As a person does it, up to the answer of the last tool. */
export async function useV1({ page }, { address }, server, connection) {
    const choose = async (what, option) => {
        await page.getByRole('combobox', { name: what }).click();
        await page.getByRole('option', { name: option, exact: true }).click();
    };
    const run = () => page.getByRole('button', { name: 'Run Tool' }).click();
    const shows = text => page.getByText(text, { exact: true }).first().waitFor();
    const connect = () => page.getByRole('button', { name: 'Connect', exact: true }).click();
    const connected = page.getByText('Connected', { exact: true });

    await page.goto(address);
    await choose('Transport Type', 'Streamable HTTP');
    await page.getByRole('textbox', { name: 'URL' }).fill(server);
    await choose('Connection Type', connection);
    await connect();
    // After the login it connects by itself, unless the settings of its proxy arrived before its
    // tokens: then it forgets what it wanted to connect to, and asks for another click.
    const again = page.getByText('Connect again from the sidebar');
    await connected.or(again).first().waitFor();
    if (!(await connected.isVisible())) await connect();
    await connected.waitFor();
    console.log('  ok logged in and connected');

    await page.getByRole('tab', { name: 'Tools' }).click();
    await page.getByRole('button', { name: 'List Tools' }).click();
    for (const name of ['admin_reset', 'auth_status', 'echo', 'notes_add', 'notes_list']) await shows(name);
    console.log('  ok tools');

    await page.getByText('echo', { exact: true }).click();
    await page.getByRole('textbox', { name: 'message' }).fill('héllo');
    await run();
    await shows('"héllo"');
    console.log('  ok echo');

    await page.getByText('auth_status', { exact: true }).click();
    await run();
    await shows(/^"usr_\d+"$/);
    await shows('"notes:read"');
    console.log('  ok auth_status: subject and scope');
}

/** That the page itself spoke to the server, as a browser lets it speak to another origin. */
export async function expectDirect({ page, seen, preflights, complaints }, { port, proxy }, server) {
    const asked = seen.filter(({ url }) => url === server);
    expect('direct: one 401, the first request', asked.map(({ status }) => status).indexOf(401), 0);
    const served = asked.slice(1);
    expect('direct: then served', served.filter(({ status }) => ![200, 202].includes(status)), []);
    // The page has the session's id from a header that the server must let it read.
    const unbound = served.slice(1).filter(({ headers }) => !headers['mcp-session-id']);
    expect('direct: session id read and sent', unbound, []);
    expect('direct: nothing through the proxy', seen.filter(({ url }) => url.startsWith(`${proxy}/mcp`)), []);
    const allowed = new Set(preflights.filter(({ url }) => url === server).map(({ status }) => status));
    expect('direct: preflights answered', [...allowed], [200]);

    const ask = url =>
        fetch(url, { method: 'POST', headers: { authorization: 'Bearer garbage' } }).then(
            answer => `${answer.status} ${answer.headers.get('www-authenticate')?.split(/[ ,]/)[0]}`,
            error => error.name
        );
    expect('direct: a page on loopback reads the challenge', await page.evaluate(ask, server), '401 Bearer');
    // The same page under a name of somebody else.
    await page.goto(`http://${STRANGE_HOST}:${port}/`);
    complaints.length = 0;
    expect('another page reads nothing', await page.evaluate(ask, server), 'TypeError');
    expect('another page: refused by CORS', complaints.some(text => text.includes('blocked by CORS policy')), true);
}

/** That the proxy spoke to the server, not the page. */
export function expectProxied({ seen }, { proxy }, server) {
    expect('proxy: the page itself never spoke to the server', seen.filter(({ url }) => url === server), []);
    const spoken = seen.filter(({ url, status }) => url.startsWith(`${proxy}/mcp`) && status === 200);
    expect('proxy: spoke to the proxy', spoken.length > 0, true);
}
