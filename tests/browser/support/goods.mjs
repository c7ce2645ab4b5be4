// Goods for the tests to bring along: codes that are valid and nobody has, and small pictures.

import { randomInt } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";

/** @param {string} digits  All but the check digit. */
export function withCheckDigit(digits) {
  const sum = [...digits].reverse().reduce((total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 3 : 1), 0);
  return digits + ((10 - (sum % 10)) % 10);
}

/** A GTIN-13 that no shop has: 952 is for examples. */
export function newGtin() {
  return withCheckDigit(`952${String(randomInt(10 ** 9)).padStart(9, "0")}`);
}

/**
 * A PNG of one colour, another one each time.
 * @param {number} side  Pixels.
 */
export function newPicture(side = 400) {
  const row = Buffer.alloc(1 + side * 3);
  const colour = [randomInt(256), randomInt(256), randomInt(256)];
  for (let x = 0; x < side; x += 1) row.set(colour, 1 + x * 3);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.concat(Array.from({ length: side }, () => row)))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/**
 * @param {string} type
 * @param {Buffer} data
 */
function chunk(type, data) {
  const named = Buffer.concat([Buffer.from(type), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([frame.subarray(0, 4), named, frame.subarray(4)]);
}
