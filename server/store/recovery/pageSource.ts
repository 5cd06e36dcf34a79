/** Pages by their number, which counts from 1. */
export interface PageSource {
  /** Bytes. */
  readonly pageSize: number;
  readonly pageCount: number;
  /** Always whole: a page of which the end is missing ends with zeros. Undefined where it cannot be read. */
  page(number: number): Buffer | undefined;
}
