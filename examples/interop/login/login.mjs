// The login of the example client as a person goes through it: the client in a terminal, the issuer's
// consent page and the client's own page in a real Chromium.
//
//     CLIENT_BIN=... CHROMIUM_BIN=/usr/bin/chromium NOTES='URL CONTROL_URL CONTROL_TOKEN' \
//         MIX_UP='URL CONTROL_URL CONTROL_TOKEN' node login.mjs FOLDER
//
// URL is a server whose issuer shows its consent page, CONTROL_URL where that issuer is controlled. That
// of MIX_UP answers in the name of another. Screenshots go into FOLDER, also that of the page as it was
// when something failed.

import { expect, Failed } from './checks.mjs';
import { startClient } from './client.mjs';
import { answerConsent, expectPage } from './person.mjs';
import { inBrowser } from './session.mjs';

const [folder] = process.argv.slice(2);
const { CLIENT_BIN, NOTES, MIX_UP } = process.env;
if (!folder || !CLIENT_BIN || !NOTES || !MIX_UP) {
    console.error("CLIENT_BIN=... NOTES='URL CONTROL_URL CONTROL_TOKEN' MIX_UP='URL CONTROL_URL CONTROL_TOKEN' node login.mjs FOLDER");
    process.exit(2);
}
const [notes, mixUp] = [NOTES, MIX_UP].map(words => {
    const [url, control, token] = words.split(' ');
    return { url, control, token };
});
const STOLEN = { code: 'a-code-of-another-login' };

/** How many requests for a token the issuer has seen. */
async function exchanges({ control, token }) {
    const url = `${control}/environments/default/requests?endpoint=token`;
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(15_000) });
    if (!answer.ok) throw new Failed(`the issuer: expected it to tell what it saw, got status ${answer.status}`);
    return (await answer.json()).length;
}

/** One login; `use` gets the client, and says how many codes were exchanged by its end. */
async function login(run, name, { at = notes, options }, use) {
    await run(name, async (opened, screenshot) => {
        const before = await exchanges(at);
        const client = await startClient(CLIENT_BIN, at.url, folder, options);
        try {
            const exchanged = await use(opened, client, screenshot);
            await client.expectNoSecrets(opened.seen, { tokens: exchanged > 0 });
            expect(`codes exchanged: ${exchanged}`, (await exchanges(at)) - before, exchanged);
        } finally {
            await client.stop();
        }
    });
}

async function approve(opened, client, screenshot) {
    const answer = await answerConsent(opened, client, 'Allow');
    await expectPage(opened, answer, { status: 200, heading: 'Approved', says: ['Go back to the terminal'] });
    await screenshot();
    await client.expectEnds(0, ['callback   the login was granted', 'tools\n', '  auth_status ', '  notes_list ', 'hello']);
    return 1;
}

async function approveAndComeBack(opened, client, screenshot) {
    const exchanged = await approve(opened, client, screenshot);
    const { page } = opened;
    const refused = go => go().then(() => 'a page', error => error.message.match(/ERR_\w+/)?.[0]);
    expect('a reload finds nobody', await refused(() => page.reload()), 'ERR_CONNECTION_REFUSED');
    // In another tab the issuer asks again, and its answer finds nobody either.
    const tab = await page.context().newPage();
    await tab.goto(client.address);
    const lost = tab.waitForEvent('requestfailed', request => request.url().startsWith(`${client.redirect}?`));
    await tab.getByRole('button', { name: 'Allow', exact: true }).click({ noWaitAfter: true });
    expect('nor does a second approval', (await lost).failure().errorText, 'net::ERR_CONNECTION_REFUSED');
    return exchanged;
}

async function deny(opened, client, screenshot) {
    await opened.page.emulateMedia({ colorScheme: 'dark' });
    const answer = await answerConsent(opened, client, 'Deny');
    await expectPage(opened, answer, { status: 200, heading: 'Denied', says: ['access_denied, the user denied the request', 'The client got no access'] });
    await screenshot();
    await client.expectEnds(1, ['the login was refused: access_denied, the user denied the request']);
    return 0;
}

async function wrongState(opened, client, screenshot) {
    const { issuer } = client;
    const rows = [
        { ...STOLEN, state: 'another', iss: issuer },
        { ...STOLEN, iss: issuer },
        { error: 'access_denied', state: 'another', iss: issuer }
    ];
    for (const row of rows) {
        const answer = await opened.page.goto(client.answer(row));
        await expectPage(opened, answer, {
            status: 400,
            heading: 'Not this login',
            says: ['the state does not belong to this login', 'still waits']
        });
    }
    await screenshot();
    await client.expectWaits();
    return approve(opened, client, () => {});
}

/** Whether the answer is this test's or the issuer's own. */
const wrongIssuer = comes => async (opened, client, screenshot) => {
    const other = 'https://other.example';
    const answer = await comes(opened, client, other);
    const difference = `expected ${client.issuer}, received ${other}`;
    await expectPage(opened, answer, { status: 400, heading: 'Refused', says: [difference, 'the login has ended'] });
    await screenshot();
    await client.expectEnds(1, [`the login callback was refused: it is from another issuer: ${difference}`]);
    return 0;
};

async function withoutIssuer(opened, client) {
    const answer = await opened.page.goto(client.answer({ ...STOLEN, state: client.state }));
    await expectPage(opened, answer, { status: 400, heading: 'Refused', says: ['it lacks `iss`'] });
    await client.expectEnds(1, ['the login callback was refused: it lacks `iss`']);
    return 0;
}

async function hostileWords(opened, client, screenshot) {
    const words = '<img src=x onerror=alert(1)><script>alert(2)</script>"&\u202e';
    const { state, issuer } = client;
    const answer = await opened.page.goto(client.answer({ error: 'access_denied', error_description: words, state, iss: issuer }));
    await expectPage(opened, answer, { status: 200, heading: 'Denied', says: [`access_denied, ${words.replace('\u202e', '')}`] });
    await screenshot();
    const said = await client.expectEnds(1, ['the login was refused: access_denied, <img']);
    expect('the terminal gets no mark that turns text round', said.includes('\u202e'), false);
    return 0;
}

await inBrowser(folder, async run => {
    await login(run, 'approved', {}, approveAndComeBack);
    await login(run, 'denied', {}, deny);
    // With all that it says about its requests.
    await login(run, 'wrong state', { options: ['--trace'] }, wrongState);
    const byHand = ({ page }, client, iss) => page.goto(client.answer({ ...STOLEN, state: client.state, iss }));
    await login(run, 'wrong iss, by hand', {}, wrongIssuer(byHand));
    await login(run, 'no iss', {}, withoutIssuer);
    const byIssuer = (opened, client) => answerConsent(opened, client, 'Allow');
    await login(run, 'wrong iss, by the issuer', { at: mixUp }, wrongIssuer(byIssuer));
    await login(run, 'hostile words', {}, hostileWords);
});
