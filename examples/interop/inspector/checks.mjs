// What a run expects, and how it says that it got something else.

import { isDeepStrictEqual, stripVTControlCharacters } from 'node:util';

/** An expectation that was not met. */
export class Failed extends Error {}

export function expect(what, got, expected) {
    if (!isDeepStrictEqual(got, expected)) {
        throw new Failed(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
    }
    console.log(`  ok ${what}`);
}

/** No token, code or secret belongs in a log, even when they are a mock's; nor do colors. */
export function redact(text) {
    return stripVTControlCharacters(String(text))
        .replace(/eyJ[\w-]+(\.[\w-]*)*/g, '<token>')
        .replace(/(code|code_verifier|state|\w*token|\w*secret)(=|['"]: ?['"])[\w.~+/%-]+/gi, '$1$2<redacted>');
}
