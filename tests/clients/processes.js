// The binary as child processes: `inferway mock` and `inferway serve`, each on ports the kernel chose.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
// Where over-tls.sh left a certificate: gateways speak TLS then.
const tlsDirectory = process.env.INFERWAY_CLIENTS_TLS;
const binary = process.env.INFERWAY ?? path.join(root, 'build/release/inferway');

/** A started process: the addresses it said it listens on, and stop(). */
class Started {
  constructor(child, cleanUp) {
    this.child = child;
    this.cleanUp = cleanUp;
  }

  /** Ends the process as an operator would. Fails when it does not end in order. */
  async stop() {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM');
      await once(this.child, 'exit');
    }
    await this.cleanUp();
    if (this.child.exitCode !== 0) {
      throw new Error(`ended with ${this.child.exitCode ?? this.child.signalCode}:\n${this.said}`);
    }
  }
}

/** Starts the binary and reads `stream` ("stdout" or "stderr") until `ready` returns something for a line of it. */
async function start(args, stream, ready, cleanUp = async () => {}) {
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const started = new Started(child, cleanUp);
  started.said = '';
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`inferway ${args[0]} ended with ${code}:\n${started.said}`)));
    for (const name of ['stdout', 'stderr']) {
      createInterface({ input: child[name] }).on('line', (line) => {
        started.said += `${line}\n`;
        const found = name === stream ? ready(line) : null;
        if (found) resolve(Object.assign(started, found));
      });
    }
  });
}

/** A mock model server; `url` has no path. */
export async function startMock(...options) {
  return start(['mock', '--listen', '127.0.0.1:0', ...options], 'stdout', (line) => {
    const found = line.match(/listening on (http:\S+)/);
    return found && { url: found[1] };
  });
}

/** What the mock has seen. */
export async function statsOf(mock) {
  const answer = await fetch(`${mock.url}/stats`);
  return answer.json();
}

/** A gateway on a configuration (an object: JSON is YAML); `url` is the data port's, `adminUrl` the admin port's. */
export async function startGateway(config) {
  const directory = await mkdtemp(path.join(tmpdir(), 'inferway-clients-'));
  const file = path.join(directory, 'inferway.yaml');
  const identity = (name) => path.join(tlsDirectory, name);
  const tls = tlsDirectory && { cert: identity('cert.pem'), key: identity('key.pem') };
  const whole = {
    listen: [{ address: '127.0.0.1:0', tls: tls ?? null }],
    admin: { address: '127.0.0.1:0' },
    log: { access: path.join(directory, 'access.log'), format: 'text' },
    ...config,
  };
  await writeFile(file, JSON.stringify(whole, null, 1));
  const addresses = {};
  const gateway = await start(
    ['serve', '--config', file],
    'stderr',
    (line) => {
      const found = line.match(/(listening|admin) on (\S+?)( with TLS)?$/);
      if (found) addresses[found[1]] = `${found[3] ? 'https' : 'http'}://${found[2]}`;
      return addresses.listening && addresses.admin && { url: addresses.listening, adminUrl: addresses.admin };
    },
    () => rm(directory, { recursive: true, force: true }),
  );
  await eventually(async () => (await fetch(`${gateway.adminUrl}/ready`)).ok);
  return gateway;
}

/** Asks until the answer is true; the test's own time limit bounds it. */
export async function eventually(isTrue) {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** An address where nobody listens. */
export async function closedAddress() {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}
