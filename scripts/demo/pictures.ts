import { Drawing } from './drawing.ts';

const WHITE = [255, 255, 255] as const;
const INK = [38, 43, 51] as const;
const GREY = [138, 146, 158] as const;
const LINE = [214, 219, 226] as const;
const BLUE = [47, 111, 208] as const;
const RED = [186, 36, 48] as const;
const SOFT_RED = [253, 236, 237] as const;
const PALE = [245, 247, 250] as const;

/** The field of the checkout with its message: as designed, and as it came out. */
export function discountField(title: 'DESIGN' | 'CHECKOUT'): string {
  return new Drawing(320, 160, PALE)
    .fill(0, 0, 320, 22, title === 'DESIGN' ? INK : BLUE)
    .write(10, 6, title, WHITE)
    .write(20, 38, 'DISCOUNT CODE', INK)
    .fill(20, 56, 196, 30, WHITE)
    .frame(20, 56, 196, 30, RED)
    .write(30, 66, 'SPRING25', INK)
    .fill(226, 56, 74, 30, BLUE)
    .write(244, 66, 'APPLY', WHITE)
    .fill(20, 94, 280, 26, SOFT_RED)
    .fill(20, 94, 3, 26, RED)
    .write(32, 102, 'THIS CODE IS NOT VALID', RED)
    .write(20, 134, 'TOTAL', GREY)
    .write(236, 134, '24.99', INK, 3)
    .png();
}

/** How far the list of orders moves while it loads. */
export function layoutShifts(): string {
  const shifts = [4, 6, 5, 38, 41, 9, 52, 58, 12, 5, 4, 3];
  const drawing = new Drawing(320, 160, WHITE)
    .write(14, 10, 'LAYOUT SHIFT PER FRAME', INK)
    .fill(34, 30, 1, 106, GREY);
  for (const [index, label] of ['0.00', '0.15', '0.30'].entries()) {
    drawing.fill(35, 135 - index * 48, 270, 1, LINE).write(6, 131 - index * 48, label, GREY, 1);
  }
  for (const [index, shift] of shifts.entries()) {
    const height = Math.round(shift * 1.7);
    drawing.fill(44 + index * 22, 135 - height, 14, height, shift > 30 ? RED : BLUE);
  }
  return drawing.write(110, 144, 'FRAMES SINCE OPEN', GREY, 1).png();
}
