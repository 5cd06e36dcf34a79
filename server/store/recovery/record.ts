import { isUtf8 } from 'node:buffer';

/** A column of a record, as far as it can be read. */
export interface Field {
  readonly value: null | number | bigint | string | Uint8Array;
  /** False where a text was cut or is not UTF-8: `value` is then what can be made of it. */
  readonly sound: boolean;
  /** The bytes of a text that is not sound. */
  readonly bytes?: Buffer;
}

/** A record's columns in their order; undefined for one that cannot be read at all. */
export type Fields = readonly (Field | undefined)[];

/** More than any table of ours will have; a header that says more is damaged. */
const MOST_COLUMNS = 500;

export interface Varint {
  /** Not exact over 2^53, where it is of no use anyway. */
  readonly value: number;
  /** Where the next byte is. */
  readonly end: number;
}

/** A variable-length integer (https://www.sqlite.org/fileformat2.html#varint): 1 to 9 bytes, big-endian. */
export function readVarint(bytes: Buffer, at: number): Varint | undefined {
  let value = 0;
  for (let index = 0; index < 9; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return undefined;
    if (index === 8) return { value: value * 256 + byte, end: at + 9 };
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  return undefined;
}

export interface DecodedRecord {
  readonly fields: Fields;
  /** Where they end, which is the end of the payload if the header is right. */
  readonly end: number;
}

/**
 * Decodes a record (https://www.sqlite.org/fileformat2.html#record_format), of which the end may be missing.
 * Undefined where its header makes no sense.
 */
export function readRecord(payload: Buffer): DecodedRecord | undefined {
  const header = readVarint(payload, 0);
  if (!header || header.value < header.end || header.value > payload.length) return undefined;
  const fields: (Field | undefined)[] = [];
  let at = header.value;
  for (let position = header.end; position < header.value;) {
    const type = readVarint(payload, position);
    if (!type || type.end > header.value || fields.length === MOST_COLUMNS) return undefined;
    position = type.end;
    fields.push(readField(payload, at, type.value));
    at += sizeOf(type.value);
  }
  return { fields, end: at };
}

function sizeOf(serialType: number): number {
  if (serialType >= 12) return Math.floor((serialType - 12) / 2);
  return [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0][serialType] ?? 0;
}

function readField(payload: Buffer, at: number, serialType: number): Field | undefined {
  if (serialType === 0) return { value: null, sound: true };
  if (serialType === 8 || serialType === 9) return { value: serialType - 8, sound: true };
  const size = sizeOf(serialType);
  if (serialType >= 13 && serialType % 2 === 1) return readText(payload.subarray(at, at + size), size);
  if (at + size > payload.length) return undefined;
  if (serialType >= 12) return { value: payload.subarray(at, at + size), sound: true };
  if (serialType === 7) return { value: payload.readDoubleBE(at), sound: true };
  if (serialType === 6) {
    const value = payload.readBigInt64BE(at);
    const number = Number(value);
    return { value: Number.isSafeInteger(number) ? number : value, sound: true };
  }
  // 10 and 11 are SQLite's own, and in no file.
  return size === 0 ? undefined : { value: payload.readIntBE(at, size), sound: true };
}

function readText(bytes: Buffer, size: number): Field | undefined {
  if (bytes.length === 0 && size > 0) return undefined;
  const value = bytes.toString('utf8');
  if (bytes.length === size && isUtf8(bytes)) return { value, sound: true };
  return { value, sound: false, bytes };
}
