// Loaded before an example that listens on every address, so that nobody but this machine reaches it.

import { Server } from 'node:net';

const { listen } = Server.prototype;

Server.prototype.listen = function (port, ...rest) {
    const host = typeof port === 'object' || typeof rest[0] === 'string' ? [] : ['127.0.0.1'];
    return listen.call(this, port, ...host, ...rest);
};
