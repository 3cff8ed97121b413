// What went over the wire: requests to the server, as the proxy recorded them, and to the issuer.

import { readFileSync } from 'node:fs';

import { Failed } from '../inspector/checks.mjs';

const TIMEOUT = 15_000;

/** A server behind a recording proxy, and its issuer: "URL RECORD CONTROL_URL CONTROL_TOKEN". */
export class Peer {
    #record;
    #control;
    #token;
    #toServer = 0;
    #toIssuer = 0;

    constructor(words) {
        [this.url, this.#record, this.#control, this.#token] = words.split(' ');
    }

    async #issuerRequests() {
        const url = `${this.#control}/environments/default/requests`;
        const answer = await fetch(url, { headers: { authorization: `Bearer ${this.#token}` }, signal: AbortSignal.timeout(TIMEOUT) });
        if (!answer.ok) throw new Failed(`the issuer's record: expected status 200, got ${answer.status}`);
        return answer.json();
    }

    #serverRequests() {
        const lines = readFileSync(this.#record, 'utf8').split('\n').filter(Boolean);
        return lines.map(line => JSON.parse(line));
    }

    /** What came so far is not returned any more. */
    async forget() {
        this.#toServer = this.#serverRequests().length;
        this.#toIssuer = (await this.#issuerRequests()).length;
    }

    /** Requests to the server since the last `forget`, in order. */
    toServer() {
        return this.#serverRequests().slice(this.#toServer);
    }

    /** Requests to the issuer since the last `forget`, in order, without the server's own for keys. */
    async toIssuer() {
        const requests = (await this.#issuerRequests()).slice(this.#toIssuer);
        return requests.filter(({ endpoint }) => endpoint !== 'keys');
    }
}
