// A login without a browser, for the SDK's OAuth: everything in memory.

const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);

export class HeadlessProvider {
    redirectUrl = 'http://127.0.0.1:1/callback';
    redirects = 0;
    asked = {};

    constructor(scope) {
        this.scope = scope;
    }

    get clientMetadata() {
        return {
            client_name: 'Interop',
            redirect_uris: [this.redirectUrl],
            grant_types: ['authorization_code', 'refresh_token'],
            response_types: ['code'],
            token_endpoint_auth_method: 'none',
            ...(this.scope && { scope: this.scope })
        };
    }

    state() {
        this.expectedState = crypto.randomUUID();
        return this.expectedState;
    }

    clientInformation() {
        return this.client;
    }

    saveClientInformation(client) {
        this.client = client;
    }

    tokens() {
        return this.saved;
    }

    saveTokens(tokens) {
        this.saved = tokens;
    }

    saveCodeVerifier(verifier) {
        this.verifier = verifier;
    }

    codeVerifier() {
        return this.verifier;
    }

    // The mock approves at once and redirects to the callback, where nobody listens: the code is
    // read from the redirect.
    async redirectToAuthorization(url) {
        if (!LOOPBACK.has(url.hostname)) throw new Error('refused to leave this machine');
        this.redirects += 1;
        this.asked = Object.fromEntries(url.searchParams);
        const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(15_000) });
        const target = answer.headers.get('location');
        await answer.body?.cancel();
        if (!target?.startsWith(this.redirectUrl)) {
            throw new Error(`authorization: expected a redirect to the callback, got ${answer.status}`);
        }
        const callback = new URL(target).searchParams;
        if (callback.has('error')) throw new Error(`authorization: ${callback.get('error')}`);
        if (callback.get('state') !== this.expectedState) throw new Error('authorization: state differs');
        this.issuer = callback.get('iss');
        this.code = callback.get('code');
    }

    takeCode() {
        const code = this.code;
        this.code = undefined;
        return code;
    }
}
