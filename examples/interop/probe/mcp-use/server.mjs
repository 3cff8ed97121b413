// mcp-use's Scalekit provider around the tools that `mock-scalekit probe` asks for.
//
// mock-scalekit probe http://127.0.0.1:8210/mcp -- node server.mjs

import { MCPServer } from 'mcp-use';
import { oauthScalekitProvider } from 'mcp-use/oauth/scalekit';
import { z } from 'zod';

// Else it reports to its makers that it is used.
process.env.MCP_USE_ANONYMIZED_TELEMETRY = 'false';

const url = new URL(process.env.SCALEKIT_MCP_URL);

const server = new MCPServer({
    name: 'probe_server',
    version: '1.0.0',
    basePath: url.pathname,
    oauth: oauthScalekitProvider({
        environmentUrl: process.env.SCALEKIT_ENVIRONMENT_URL,
        resourceId: process.env.SCALEKIT_RESOURCE_ID,
        resource: url,
        requiredScopes: ['mcp:read'],
        scopesSupported: ['mcp:read', 'mcp:write'],
    }),
});

// Its tools name no scopes: its documentation checks them in a middleware like this.
const scopes = { read: 'mcp:read', write: 'mcp:write' };

server.use('mcp:tools/call', async (ctx, next) => {
    const required = scopes[ctx.params.name];
    if (required && !ctx.auth?.scopes.includes(required)) {
        throw new Error(`Insufficient scope. Required: ${required}`);
    }
    return next();
});

const text = (text) => ({ content: [{ type: 'text', text }] });

const message = z.object({ message: z.string().default('') });

server.tool({ name: 'echo', inputSchema: message }, ({ message }) => text(message));

server.tool({ name: 'read' }, () => text('read'));

server.tool({ name: 'write' }, () => text('written'));

server.tool({ name: 'whoami' }, (_, ctx) => text(ctx.auth.user.id));

server.tool({ name: 'upstream', inputSchema: z.object({ url: z.string() }) }, async ({ url }) => {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
    return text(String(answer.status));
});

await server.listen(Number(url.port), { host: url.hostname });
