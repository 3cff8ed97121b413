// Runs the official conformance suite: what suite.mjs and client.mjs have in common.

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

// The suite needs Node.js 22, which is among its packages here where it is to be had for the
// platform.
const node = nodeForTheSuite();

// One run of the package `suite`, of `limit` milliseconds at most: its exit code, which is null
// when it did not end by itself, and all that it said, which `heard` is told as it comes.
export async function runSuite(suite, options, { limit, env = process.env, heard = () => {} }) {
    const main = fileURLToPath(new URL(`node_modules/${suite}/dist/index.js`, import.meta.url));
    const child = spawn(node, [main, ...options], {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
        signal: AbortSignal.timeout(limit),
        killSignal: 'SIGKILL'
    });
    const said = [];
    child.stdout.on('data', text => {
        said.push(text);
        heard(Buffer.concat(said).toString());
    });
    child.stderr.on('data', text => said.push(text));
    const code = await new Promise(ended => {
        child.on('close', ended);
        child.on('error', error => said.push(Buffer.from(`${error.message}\n`)));
    });
    return { code, said: Buffer.concat(said).toString() };
}

function nodeForTheSuite() {
    try {
        return createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/bin/node`);
    } catch {
        return process.execPath;
    }
}
