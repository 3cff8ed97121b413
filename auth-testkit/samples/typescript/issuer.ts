// A mock Scalekit for tests of a TypeScript MCP server; see verify.test.ts.

interface Described {
    id: string;
    environment_url: string;
    resource_id: string;
}

/** One mock Scalekit environment, and all that a test may do to it. */
export class Issuer {
    private readonly described: Described;

    private constructor(described: Described) {
        this.described = described;
    }

    /** An issuer for one test alone. It starts in a millisecond. */
    static async start(settings: object = {}): Promise<Issuer> {
        return new Issuer((await call('POST', '/environments', settings)) as Described);
    }

    get environmentUrl(): string {
        return this.described.environment_url;
    }

    get resourceId(): string {
        return this.described.resource_id;
    }

    /** A token that is good, unless `{ defects: ['expired'] }` or the like says otherwise. */
    async token(request: object = {}): Promise<string> {
        return ((await this.post('/tokens', request)) as { token: string }).token;
    }

    post(path: string, body?: object): Promise<unknown> {
        return call('POST', `/environments/${this.described.id}${path}`, body);
    }

    /** What was sent to an endpoint, without secrets. */
    async requests(endpoint: string): Promise<object[]> {
        return (await call('GET', `/environments/${this.described.id}/requests?endpoint=${endpoint}`)) as object[];
    }

    async stop(): Promise<void> {
        await call('DELETE', `/environments/${this.described.id}`);
    }
}

async function call(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await fetch(process.env.MOCK_CONTROL_URL + path, {
        method,
        headers: { authorization: `Bearer ${process.env.MOCK_CONTROL_TOKEN}` },
        body: body && JSON.stringify(body)
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${text}`);
    return text ? JSON.parse(text) : undefined;
}
