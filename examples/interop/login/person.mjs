// What a person does in the browser, and what the client's page has to be like.

import { expect, Failed } from './checks.mjs';

/** Opens the URL that the client printed, and presses a button of the issuer's page. Resolves to the answer of the client's page. */
export async function answerConsent({ page }, client, button) {
    await page.goto(client.address);
    await expectConsent(page, client);
    const [answer] = await Promise.all([
        page.waitForResponse(response => response.url().startsWith(`${client.redirect}?`)),
        page.getByRole('button', { name: button, exact: true }).click()
    ]);
    await page.waitForLoadState();
    return answer;
}

async function expectConsent(page, client) {
    const buttons = await page.getByRole('button').allTextContents();
    const at = new URL(page.url());
    if (at.origin !== new URL(client.address).origin || !['Deny', 'Allow'].every(name => buttons.includes(name))) {
        throw new Failed(
            `consent page: expected the buttons Deny and Allow at ${new URL(client.address).origin}, ` +
                `got "${await page.title()}" at ${at.origin}${at.pathname}: start the issuer with --consent-page`
        );
    }
}

/** Of the client's page: its status, its heading, words in it, and that nothing in it could run or load. */
export async function expectPage({ page, complaints }, answer, { status, heading, says }) {
    expect(`the page: status ${status}`, answer.status(), status);
    expect('the page: heading', await page.getByRole('heading').allTextContents(), [heading]);
    const text = await page.locator('main').innerText();
    for (const words of says) {
        if (!text.includes(words)) throw new Failed(`the page: expected "${words}", got ${JSON.stringify(text)}`);
        console.log(`  ok the page says: ${words}`);
    }
    const headers = answer.headers();
    const policy = headers['content-security-policy'] ?? '';
    expect('the page: policy', [policy.startsWith("default-src 'none'; "), /script|unsafe|\*/.test(policy)], [true, false]);
    expect(
        'the page: kept by nobody',
        [headers['cache-control'], headers['referrer-policy'], headers['x-content-type-options']],
        ['no-store', 'no-referrer', 'nosniff']
    );
    const active = await page.evaluate(() => {
        const elements = [...document.querySelectorAll('*')];
        const tags = elements.map(element => element.localName);
        return {
            tags: tags.filter(tag => !['html', 'head', 'meta', 'title', 'style', 'body', 'main', 'h1', 'p'].includes(tag)),
            handlers: elements.flatMap(element => element.getAttributeNames()).filter(name => name.startsWith('on'))
        };
    });
    expect('the page: no script and nothing that loads', active, { tags: [], handlers: [] });
    const edge = await page.locator('main').evaluate(main => getComputedStyle(main).borderLeftStyle);
    expect('the page: its style is let through', edge, 'solid');
    // Chromium also writes down that a page came with an error's status.
    const told = complaints.filter(text => !text.startsWith('Failed to load resource: the server responded with a status of 400'));
    expect('the browser has nothing to complain about', told, []);
}
