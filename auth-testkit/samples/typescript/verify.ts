// What is tested: how an MCP server in TypeScript verifies Scalekit's access tokens with jose.

import { createRemoteJWKSet, jwtVerify, type JWTPayload } from 'jose';

export type Verify = (token: string) => Promise<JWTPayload>;

export function verifier(environmentUrl: string, resourceId: string, cooldownDuration = 30_000): Verify {
    const keys = createRemoteJWKSet(new URL(`${environmentUrl}/keys`), { cooldownDuration });
    return async token => {
        const { payload } = await jwtVerify(token, keys, {
            algorithms: ['RS256'],
            audience: resourceId,
            issuer: [environmentUrl, `${environmentUrl}/resources/${resourceId}`],
            requiredClaims: ['exp', 'sub']
        });
        return payload;
    };
}
