// A small whole image of firmware, as the tools of its chip make them: header, one segment, a
// checksum at the end of a block, a hash of it all.

import { createHash } from "node:crypto";

const MAGIC = 0xe9;
const HEADER_BYTES = 24;
const CHIP_AT = 12;
const HASH_FLAG_AT = 23;
const BLOCK_BYTES = 16;
const CHECKSUM_SEED = 0xef;
const LOADED_AT = 0x4008_0000;

/** The number of the ESP32-S3. */
const ESP32_S3 = 9;

/**
 * @param {string} content  What tells it from another one.
 * @returns {Buffer}
 */
export function firmwareImage(content) {
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = MAGIC;
  header[1] = 1;
  header.writeUInt16LE(ESP32_S3, CHIP_AT);
  header[HASH_FLAG_AT] = 1;
  const data = Buffer.from(content.padEnd(4_096, "."));
  const segment = Buffer.alloc(8);
  segment.writeUInt32LE(LOADED_AT, 0);
  segment.writeUInt32LE(data.length, 4);
  const parts = Buffer.concat([header, segment, data]);
  const filling = Buffer.alloc(BLOCK_BYTES - 1 - (parts.length % BLOCK_BYTES));
  const sum = data.reduce((before, byte) => before ^ byte, CHECKSUM_SEED);
  const image = Buffer.concat([parts, filling, Buffer.from([sum])]);
  return Buffer.concat([image, createHash("sha256").update(image).digest()]);
}
