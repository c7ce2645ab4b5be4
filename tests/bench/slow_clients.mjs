// Hostile clients on the loopback, and honest ones between them.
//
//   node tests/bench/slow_clients.mjs [--seconds 60] [--each 500] [--binary target/debug/cartwright]
//
// Starts a shop of its own with the demo store. First it measures honest carts alone; then with
// 500 silent sockets, 500 half headers and 500 dripped bodies at once, from several addresses, each
// replaced when the server cuts it; then with 100,000 requests in one pipeline; last it fills the
// house, 2,500 connections from one address and the rest from another. Prints what it saw and exits
// 1 when a bound was missed:
//
//   honest p99 under 100 ms among slow clients; no honest request lost anywhere; silent sockets and
//   half headers cut within 15 s, dripped bodies within 30 s; a full house lets others in.

import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";

const HONEST_CARTS = 16;
const HONEST_PAUSE_MS = 50;
const HONEST_P99_MAX_MS = 100;
const QUIET_SECONDS = 5;
const REPLACED_AFTER_MS = 100;
const DRIP_EVERY_MS = 250;
const PIPELINE_REQUESTS = 100_000;
const MAX_CONNECTIONS = 4096;
const MAX_PER_ADDRESS = 2500;
const BARCODE = "9520037036939";

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const percentile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;

// ---- honest carts, in a thread of their own so that the crowd does not slow their watch

// Scans, and asks for the health, on kept and on new connections in turn, until told to stop.
async function beHonest({ port, keys }) {
    let stopped = false;
    parentPort.once("message", () => (stopped = true));
    const latencies = [];
    const errors = [];
    const kept = new http.Agent({ keepAlive: true, localAddress: "127.0.0.1" });
    const ask = (method, path, headers, body, agent) =>
        new Promise((resolve, reject) => {
            const options = { host: "127.0.0.1", port, method, path, headers, agent, timeout: 10_000 };
            const request = http.request(options, (answer) => {
                answer.resume();
                answer.once("end", () =>
                    answer.statusCode === 200 ? resolve() : reject(new Error(`${path}: ${answer.statusCode}`)),
                );
                answer.once("error", reject);
            });
            request.once("timeout", () => request.destroy(new Error("timed out")));
            request.once("error", reject);
            request.end(body);
        });
    const cart = async (key, index) => {
        await sleep((index * HONEST_PAUSE_MS) / keys.length);
        const boot = `b${Math.random().toString(36).slice(2, 10)}`;
        for (let seq = 1; !stopped; seq += 1) {
            const agent = seq % 5 === 0 ? false : kept;
            const scan = JSON.stringify({ barcode: BARCODE, boot_id: boot, seq });
            const started = performance.now();
            try {
                if (seq % 2 === 0) {
                    await ask("GET", "/health", {}, undefined, agent);
                } else {
                    await ask("POST", "/cart/esp32/update_item", { "X-API-Key": key }, scan, agent);
                }
                latencies.push(performance.now() - started);
            } catch (error) {
                errors.push(String(error));
            }
            await sleep(HONEST_PAUSE_MS);
        }
    };
    await Promise.all(keys.map(cart));
    kept.destroy();
    parentPort.postMessage({ latencies, errors });
}

// Runs `deed` while honest carts are at work; what they saw.
async function whileHonest(shop, deed) {
    const worker = new Worker(new URL(import.meta.url), { workerData: { port: shop.port, keys: shop.keys } });
    const seen = new Promise((resolve, reject) => {
        worker.once("message", resolve);
        worker.once("error", reject);
    });
    await sleep(200);
    const result = await deed();
    worker.postMessage("stop");
    const { latencies, errors } = await seen;
    const sorted = Float64Array.from(latencies).sort();
    const honest = {
        requests: sorted.length,
        p50: percentile(sorted, 0.5),
        p99: percentile(sorted, 0.99),
        max: sorted.at(-1) ?? 0,
        errors,
    };
    return { result, honest };
}

// ---- the crowd

const KINDS = {
    silent: { limit_s: 15, addresses: ["127.1.0.1", "127.1.0.2"], first: "", drips: () => false },
    half: {
        limit_s: 15,
        addresses: ["127.2.0.1", "127.2.0.2"],
        first: "GET /health HTTP/1.1\r\nHost: shop\r\nX-Slow: ",
        // One half of the halves goes on, one byte at a time.
        drips: (index) => index % 2 === 0,
    },
    dripped: {
        limit_s: 30,
        addresses: ["127.3.0.1", "127.3.0.2"],
        first: "POST /auth/login HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{",
        drips: () => true,
    },
};

// Keeps one bad client going until `crowd.over`; notes how long each of its sockets lived.
async function misbehave(shop, kind, index, crowd) {
    const { addresses, first, drips } = KINDS[kind];
    while (!crowd.over) {
        await new Promise((resolve) => {
            const started = performance.now();
            let opened = false;
            let drip;
            const socket = net.connect({
                host: "127.0.0.1",
                port: shop.port,
                localAddress: addresses[index % addresses.length],
            });
            socket.once("connect", () => {
                opened = true;
                crowd.open.set(socket, { kind, started });
                if (first) socket.write(first);
                if (drips(index)) drip = setInterval(() => socket.write(" "), DRIP_EVERY_MS);
            });
            socket.resume();
            socket.once("end", () => clearInterval(drip));
            socket.on("error", () => {});
            socket.once("close", () => {
                clearInterval(drip);
                crowd.open.delete(socket);
                if (opened && !crowd.over) crowd.lives[kind].push((performance.now() - started) / 1000);
                if (!opened) crowd.refused += 1;
                resolve();
            });
        });
        await sleep(REPLACED_AFTER_MS);
    }
}

async function slowCrowd(shop, each, seconds) {
    const crowd = { over: false, open: new Map(), lives: { silent: [], half: [], dripped: [] }, refused: 0 };
    const clients = [];
    for (const kind of Object.keys(KINDS)) {
        for (let index = 0; index < each; index += 1) clients.push(misbehave(shop, kind, index, crowd));
    }
    let most = 0;
    let memory = 0;
    const until = performance.now() + seconds * 1000;
    while (performance.now() < until) {
        await sleep(500);
        most = Math.max(most, crowd.open.size);
        memory = Math.max(memory, residentMiB(shop));
    }
    crowd.over = true;
    const now = performance.now();
    const oldest = { silent: 0, half: 0, dripped: 0 };
    for (const [socket, { kind, started }] of crowd.open) {
        oldest[kind] = Math.max(oldest[kind], (now - started) / 1000);
        socket.destroy();
    }
    await Promise.all(clients);
    return { ...crowd, oldest, most, memory };
}

// Sends many requests at once on one connection and counts the answers.
function pipeline(shop) {
    return new Promise((resolve, reject) => {
        const socket = net.connect({ host: "127.0.0.1", port: shop.port, localAddress: "127.4.0.1" });
        const request = "GET /health HTTP/1.1\r\nHost: shop\r\n\r\n";
        const started = performance.now();
        let answers = 0;
        let rest = "";
        socket.setEncoding("latin1");
        socket.once("error", reject);
        socket.on("data", (text) => {
            rest += text;
            const parts = rest.split("HTTP/1.1 200 OK");
            answers += parts.length - 1;
            rest = parts.at(-1).slice(-20);
            if (answers >= PIPELINE_REQUESTS) {
                socket.destroy();
                resolve((performance.now() - started) / 1000);
            }
        });
        socket.once("close", () => reject(new Error(`closed after ${answers} answers`)));
        for (let sent = 0; sent < PIPELINE_REQUESTS; sent += 1000) socket.write(request.repeat(1000));
    });
}

// ---- a full house

// One socket that has had an answer and stays; what it was answered.
function visitor(shop, address) {
    return new Promise((resolve) => {
        const socket = net.connect({ host: "127.0.0.1", port: shop.port, localAddress: address });
        const visit = { socket, status: "closed", open: true };
        socket.setEncoding("latin1");
        socket.once("data", (text) => {
            visit.status = text.split(" ")[1];
            resolve(visit);
        });
        socket.once("close", () => {
            visit.open = false;
            resolve(visit);
        });
        socket.on("error", () => {});
        socket.once("connect", () => socket.write("GET /health HTTP/1.1\r\nHost: shop\r\n\r\n"));
    });
}

async function visitors(shop, address, count) {
    const all = [];
    while (all.length < count) {
        const some = Math.min(100, count - all.length);
        all.push(...(await Promise.all(Array.from({ length: some }, () => visitor(shop, address)))));
    }
    return all;
}

async function fullHouse(shop) {
    const before = residentMiB(shop);
    const crowd = await visitors(shop, "127.5.0.1", MAX_PER_ADDRESS);
    const beyond = await visitors(shop, "127.5.0.1", 10);
    // The honest carts hold some of the places.
    const others = await visitors(shop, "127.5.0.2", MAX_CONNECTIONS - MAX_PER_ADDRESS);
    const memory = residentMiB(shop);
    const newcomers = await visitors(shop, "127.5.0.3", 50);
    const statuses = (list) => [...new Set(list.map((it) => it.status))].join(" ");
    const result = {
        before,
        memory,
        beyond: statuses(beyond),
        newcomers: statuses(newcomers),
        open: [...crowd, ...others, ...newcomers].filter((it) => it.open).length,
    };
    for (const { socket } of [...crowd, ...beyond, ...others, ...newcomers]) socket.destroy();
    return result;
}

// ---- the shop

async function openShop(binary) {
    const data = join(mkdtempSync(join(tmpdir(), "cartwright-bench.")), "data");
    const process_ = spawn(binary, ["serve", "--http", "127.0.0.1:0", "--demo", "--data", data], {
        env: { ...process.env, CARTWRIGHT_LOG: "warn" },
        stdio: ["ignore", "pipe", "pipe"],
    });
    let log = "";
    process_.stderr.on("data", (text) => (log = (log + text).slice(-4000)));
    const lines = createInterface({ input: process_.stdout });
    const port = await new Promise((resolve, reject) => {
        lines.on("line", (line) => {
            const ready = /^ready http=http:\/\/127\.0\.0\.1:(\d+)/.exec(line);
            if (ready) resolve(Number(ready[1]));
        });
        process_.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${log}`)));
    });
    const keys = Array.from({ length: HONEST_CARTS }, (_, index) => {
        const added = execFileSync(binary, ["device", "add", "--name", `Bench ${index}`, "--json", "--data", data]);
        return JSON.parse(added).key;
    });
    const close = async () => {
        const ended = new Promise((resolve) => process_.once("exit", resolve));
        process_.kill("SIGTERM");
        await ended;
        rmSync(join(data, ".."), { recursive: true, force: true });
    };
    return { port, keys, pid: process_.pid, close };
}

function residentMiB(shop) {
    const status = readFileSync(`/proc/${shop.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) / 1024;
}

// ---- the report

async function main() {
    const option = (name, fallback) => {
        const at = process.argv.indexOf(`--${name}`);
        return at > 0 ? process.argv[at + 1] : fallback;
    };
    const seconds = Number(option("seconds", 60));
    const each = Number(option("each", 500));
    const target = process.env.CARGO_TARGET_DIR ?? "target";
    const shop = await openShop(option("binary", join(target, "debug", "cartwright")));
    const misses = [];
    const check = (fine, text) => {
        console.log(`${fine ? "  ok  " : " MISS "} ${text}`);
        if (!fine) misses.push(text);
    };
    const ms = (number) => `${number.toFixed(1)} ms`;
    // A pipeline and a house that fills are all the work that a small machine can do; what counts
    // there is that nobody is lost.
    const judge = (what, honest, isTimed = true) => {
        console.log(
            `${what}: ${honest.requests} honest requests, p50 ${ms(honest.p50)}, p99 ${ms(honest.p99)}, max ${ms(honest.max)}`,
        );
        if (isTimed) check(honest.p99 < HONEST_P99_MAX_MS, `honest p99 ${ms(honest.p99)} < ${HONEST_P99_MAX_MS} ms`);
        check(honest.errors.length === 0, `${honest.errors.length} honest requests lost ${honest.errors[0] ?? ""}`);
    };
    try {
        const quiet = await whileHonest(shop, () => sleep(QUIET_SECONDS * 1000));
        judge("quiet", quiet.honest);

        const slow = await whileHonest(shop, () => slowCrowd(shop, each, seconds));
        judge(`${each} of each kind for ${seconds} s`, slow.honest);
        const crowd = slow.result;
        console.log(`  at most ${crowd.most} bad sockets at once, ${crowd.memory.toFixed(0)} MiB resident`);
        for (const [kind, { limit_s }] of Object.entries(KINDS)) {
            const longest = Math.max(crowd.oldest[kind], ...crowd.lives[kind]);
            const text = `${crowd.lives[kind].length} ${kind} sockets cut, the longest lived ${longest.toFixed(1)} s`;
            check(longest <= limit_s, `${text} <= ${limit_s} s`);
        }

        const piped = await whileHonest(shop, () => pipeline(shop));
        judge(`a pipeline of ${PIPELINE_REQUESTS} requests in ${piped.result.toFixed(1)} s`, piped.honest, false);

        const full = await whileHonest(shop, () => fullHouse(shop));
        judge("a full house", full.honest, false);
        const { before, memory, beyond, newcomers, open } = full.result;
        console.log(`  ${open} connections open; ${before.toFixed(0)} MiB resident before, ${memory.toFixed(0)} MiB with all`);
        check(beyond === "503", `beyond the bound of one address: ${beyond}`);
        check(newcomers === "200", `newcomers from another address: ${newcomers}`);
    } finally {
        await shop.close();
    }
    if (misses.length > 0) {
        console.log(`${misses.length} bounds missed`);
        process.exitCode = 1;
    }
}

if (isMainThread) {
    await main();
} else {
    await beHonest(workerData);
}
