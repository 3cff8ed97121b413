// Tests of verify.ts:
//
//     mock-scalekit run --env-prefix MOCK -- node --test

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Issuer } from './issuer.ts';
import { verifier, type Verify } from './verify.ts';

const DEFECTS = ['expired', 'not-yet-valid', 'wrong-audience', 'wrong-issuer', 'wrong-key', 'alg-none', 'hs256-with-public-key'];

/** A test with an issuer of its own. */
function testWith(name: string, body: (issuer: Issuer, verify: Verify) => Promise<void>): void {
    test(name, async () => {
        const issuer = await Issuer.start({ scopes: ['notes:read', 'notes:write'] });
        try {
            // Here keys rotate faster than in life.
            await body(issuer, verifier(issuer.environmentUrl, issuer.resourceId, 0));
        } finally {
            await issuer.stop();
        }
    });
}

testWith('a valid token is accepted', async (issuer, verify) => {
    const claims = await verify(await issuer.token({ subject: 'usr_7', scopes: ['notes:read'] }));
    assert.equal(claims.sub, 'usr_7');
    assert.equal(claims.scope, 'notes:read');
});

for (const defect of DEFECTS) {
    testWith(`a token with one thing wrong is refused: ${defect}`, async (issuer, verify) => {
        await verify(await issuer.token()); // Otherwise the next would prove nothing.
        await assert.rejects(verify(await issuer.token({ defects: [defect] })), /^J/);
    });
}

testWith('new keys are found', async (issuer, verify) => {
    await verify(await issuer.token());
    for (const step of ['publish-next', 'sign-with-next', 'withdraw-old']) await issuer.post(`/keys/${step}`);
    await verify(await issuer.token());
    assert.equal((await issuer.requests('keys')).length, 2);
});

testWith('an outage is not an invalid token', async (issuer, verify) => {
    await issuer.post('/faults', { endpoint: 'keys', fault: { status: 503 } });
    await assert.rejects(verify(await issuer.token()), /Expected 200 OK/);
});
