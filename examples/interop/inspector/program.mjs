// Programs that run beside this one, each with all that it starts in a process group of its own.

import { spawn } from 'node:child_process';
import net from 'node:net';

import { Failed, redact } from './checks.mjs';

const START_LIMIT = 30_000;
const STOP_LIMIT = 5_000;

const running = new Set();
// However this process ends, nothing that it started stays behind.
process.on('exit', () => running.forEach(pid => killGroup(pid, 'SIGKILL')));

/**
 * Starts a program. `said()` is all that it printed so far; `says(pattern)` resolves to whether that
 * ever matched, at the latest when it ends; `ended` resolves to its exit code, `closed` to the same
 * once nothing of its output is missing; `stop()` ends it.
 */
export function launchProgram(command, args, env) {
    // Detached is a group of its own: the Inspector starts further processes.
    const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise(end => child.once('exit', end).once('error', end));
    const closed = new Promise(end => child.once('close', end).once('error', end));
    if (child.pid) running.add(child.pid);
    let output = '';
    const waiting = new Set();
    for (const stream of [child.stdout, child.stderr]) {
        stream?.setEncoding('utf8').on('data', text => {
            output += text;
            for (const look of waiting) look();
        });
    }
    const says = pattern =>
        new Promise(found => {
            const look = () => {
                if (output.match(pattern)) found(true);
            };
            waiting.add(look);
            look();
            closed.then(() => found(false));
        });
    return { said: () => output, says, ended, closed, stop: () => stopGroup(child.pid, ended) };
}

/**
 * Starts a program and resolves once it has printed `ready`. What it resolves to ends it.
 */
export async function start(name, command, args, { env, ready }) {
    const program = launchProgram(command, args, env);
    if (await within(START_LIMIT, Promise.race([program.says(ready), program.ended.then(() => false)]))) return program.stop;
    await program.stop();
    throw new Failed(
        `${name}: expected it to print "${ready}" within ${START_LIMIT} ms, got: ${redact(program.said().slice(-2000))}`
    );
}

async function stopGroup(pid, ended) {
    if (!running.has(pid)) return;
    killGroup(pid, 'SIGTERM');
    await within(STOP_LIMIT, ended);
    // Those that the first process left behind, or all of them if it did not end.
    killGroup(pid, 'SIGKILL');
    running.delete(pid);
}

function killGroup(pid, signal) {
    try {
        process.kill(-pid, signal);
    } catch (error) {
        // Nobody of the group is left.
        if (error.code !== 'ESRCH') throw error;
    }
}

/** What the promise resolves to, or `undefined` when it takes too long. */
export function within(limit, promise) {
    let timer;
    const late = new Promise(end => (timer = setTimeout(end, limit)));
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Ports that are free on loopback; the Inspector must be given them, since it knows no port 0. */
export async function freePorts(count) {
    const servers = Array.from({ length: count }, () => net.createServer());
    const ports = await Promise.all(
        servers.map(
            server =>
                new Promise((found, failed) => {
                    server.once('error', failed);
                    server.listen(0, 'localhost', () => found(server.address().port));
                })
        )
    );
    await Promise.all(servers.map(server => new Promise(closed => server.close(closed))));
    return ports;
}
