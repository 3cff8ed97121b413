// The `client` that a person runs in a terminal, and what its output must not hold.

import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { expect, Failed, redact } from './checks.mjs';
import { launchProgram, within } from './program.mjs';

const START_LIMIT = 30_000;
const END_LIMIT = 20_000;

/** Starts it, with a folder of its own for the tokens, and resolves once it has printed the URL to open. */
export async function startClient(program, server, folder, options = []) {
    const tokens = await mkdtemp(path.join(folder, 'tokens-'));
    // Unencrypted, because they are read here to look for them in what is said.
    const args = ['--no-browser', '--timeout', '60', '--token-dir', tokens, '--unencrypted-tokens', ...options, server];
    const { RUST_LOG: _, MCP_CLIENT_PASSPHRASE: __, ...env } = process.env;
    const launched = launchProgram(program, args, env);
    if (!(await within(START_LIMIT, launched.says(/open this URL to log in:\s+http\S+\n/)))) {
        await launched.stop();
        throw new Failed(
            `the client: expected it to print a URL to open within ${START_LIMIT} ms, got: ${redact(launched.said().slice(-2000))}`
        );
    }
    const address = new URL(launched.said().match(/open this URL to log in:\s+(http\S+)\n/)[1]);
    return new Client(launched, address, tokens);
}

class Client {
    #launched;
    #tokens;

    constructor(launched, address, tokens) {
        this.#launched = launched;
        this.#tokens = tokens;
        this.address = address.href;
        const asked = address.searchParams;
        this.redirect = asked.get('redirect_uri');
        this.state = asked.get('state');
        this.challenge = asked.get('code_challenge');
        this.issuer = launched.said().match(/^discovery +issuer (\S+)$/m)?.[1];
    }

    /** A redirect that nobody but this test made. */
    answer(parameters) {
        return `${this.redirect}?${new URLSearchParams(parameters)}`;
    }

    async expectWaits() {
        const early = await within(300, this.#launched.closed);
        expect('the client still waits', early, undefined);
    }

    /** Resolves to all that it said. */
    async expectEnds(code, words) {
        const got = await within(END_LIMIT, this.#launched.closed);
        const said = this.#launched.said();
        if (got !== code) {
            throw new Failed(`the client: expected exit code ${code} within ${END_LIMIT} ms, got ${got}, and: ${redact(said.slice(-2000))}`);
        }
        console.log(`  ok the client: exit code ${code}`);
        for (const word of words) {
            if (!said.includes(word)) throw new Failed(`the client: expected it to say "${word}", got: ${redact(said.slice(-2000))}`);
            console.log(`  ok the client says: ${word.trim()}`);
        }
        return said;
    }

    /** Of the browser's addresses, what the redirect carried; and of the client's files, the tokens. */
    async expectNoSecrets(seen, { tokens }) {
        // Only here, in the URL to open, the state has to be.
        const said = this.#launched.said().replace(this.address, '');
        const codes = seen.map(({ url }) => new URL(url).searchParams.get('code')).filter(Boolean);
        const stored = await secretsIn(this.#tokens);
        expect(tokens ? 'tokens are stored' : 'no tokens are stored', stored.length > 0, tokens);
        const secrets = [this.state, ...codes, ...stored];
        expect('no state, code or token in what the client says', secrets.filter(secret => said.includes(secret)).length, 0);
        const verifiers = (said.match(/[\w.~-]{43,128}/g) ?? []).filter(
            word => createHash('sha256').update(word).digest('base64url') === this.challenge
        );
        expect('no PKCE verifier either', verifiers.length, 0);
    }

    stop() {
        return this.#launched.stop();
    }
}

async function secretsIn(folder) {
    const found = [];
    const walk = (name, value) => {
        if (value && typeof value === 'object') {
            for (const [inner, member] of Object.entries(value)) walk(inner, member);
        } else if (['access_token', 'refresh_token', 'client_secret'].includes(name) && value) {
            found.push(value);
        }
    };
    for (const file of await readdir(folder)) {
        if (file.endsWith('.json')) walk('', JSON.parse(await readFile(path.join(folder, file), 'utf8')));
    }
    return found;
}
