// A desktop host as mcp-remote knows it: JSON-RPC over the standard streams of a program it started.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { Failed, redact } from '../inspector/checks.mjs';

const TIMEOUT = 20_000;

/** `program` and its arguments, started with these variables beside those of this process. */
export class Host {
    #child;
    #log = '';
    #waiting = new Map();
    #ids = 0;
    #ended;

    constructor(program, options, variables) {
        this.#child = spawn(process.execPath, [program, ...options], { env: { ...process.env, ...variables } });
        this.#child.stderr.on('data', data => (this.#log += data));
        createInterface({ input: this.#child.stdout }).on('line', line => this.#receive(line));
        // It may have ended when something is written to it; `answer` then reports that.
        this.#child.stdin.on('error', () => {});
        this.#ended = new Promise(ended => this.#child.on('close', ended));
    }

    /** What it logged so far. */
    get log() {
        return this.#log;
    }

    #receive(line) {
        const message = JSON.parse(line);
        this.#waiting.get(message.id)?.(message);
        this.#waiting.delete(message.id);
    }

    #send(message) {
        this.#child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
    }

    /** Resolves to the answer: a message with `result` or `error`. */
    async answer(method, params) {
        const id = ++this.#ids;
        const answer = new Promise(resolve => this.#waiting.set(id, resolve));
        this.#send({ id, method, params });
        let timer;
        const late = new Promise(resolve => (timer = setTimeout(resolve, TIMEOUT, `none within ${TIMEOUT / 1000} s`)));
        const end = this.#ended.then(code => `its end with exit code ${code}`);
        const got = await Promise.race([answer, late, end]);
        clearTimeout(timer);
        if (typeof got === 'string') {
            throw new Failed(`${method}: expected an answer, got ${got}: ${redact(this.#log).slice(-2000)}`);
        }
        return got;
    }

    /** Resolves to the result of a request that must succeed. */
    async request(method, params = {}) {
        const { result, error } = await this.answer(method, params);
        if (error) throw new Failed(`${method}: expected a result, got ${redact(JSON.stringify(error))}`);
        return result;
    }

    /** The handshake; resolves to the server's answer. */
    async initialize(protocolVersion) {
        const clientInfo = { name: 'interop', version: '1.0.0' };
        const result = await this.request('initialize', { protocolVersion, capabilities: {}, clientInfo });
        this.#send({ method: 'notifications/initialized' });
        return result;
    }

    call(name, args = {}) {
        return this.request('tools/call', { name, arguments: args });
    }

    async stop() {
        this.#child.stdin.end();
        const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
        await this.#ended;
        clearTimeout(timer);
    }
}
