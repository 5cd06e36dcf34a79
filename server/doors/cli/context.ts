import { styleText } from 'node:util';
import type * as z from 'zod';
import { wireError } from '../../protocol/error.ts';
import type { Method } from '../../protocol/method.ts';
import { CallFailed } from './commandError.ts';
import type { CliDoor } from './door.ts';
import { write } from './output.ts';
import { cut, oneLine } from './text.ts';
import { terminalOf, type Terminal } from './terminal.ts';

export type Style = Parameters<typeof styleText>[0];

/** What a command works with: calls, and the words that it says. */
export class CommandContext {
  readonly door: CliDoor;
  /** Whether results and errors are to be JSON. */
  readonly json: boolean;

  constructor(door: CliDoor, json: boolean) {
    this.door = door;
    this.json = json;
  }

  /** @throws CallFailed */
  async call<P extends z.ZodType, R extends z.ZodType>(
    method: Method<P, R>,
    params: z.input<P>,
  ): Promise<z.output<R>> {
    const outcome = await this.door.registry.call(method.name, params);
    if (!outcome.ok) throw new CallFailed(wireError.parse(outcome.error));
    return method.result.parse(outcome.result);
  }

  /** The terminal that the results go to, as large as it is now. */
  get terminal(): Terminal | undefined {
    return terminalOf(this.door.stdout);
  }

  /** Text of others on one line that does not wrap. */
  fit(text: string): string {
    return cut(oneLine(text), this.terminal?.columns ?? Infinity);
  }

  /** Prints a result: as JSON if that was asked for, else in words. */
  async answer(result: unknown, inWords: () => readonly string[]): Promise<void> {
    if (this.json) await this.print(JSON.stringify(result, null, 2));
    else await this.print(...inWords());
  }

  /** Gives whether somebody reads still. */
  print(...lines: readonly string[]): Promise<boolean> {
    if (lines.length === 0) return Promise.resolve(true);
    return write(this.door.stdout, `${lines.join('\n')}\n`);
  }

  /** A remark beside the result. */
  say(words: string): void {
    this.door.stderr.write(`${words}\n`);
  }

  /** A remark for a person who looks on; scripts and logs are spared of it. */
  remark(words: string): void {
    if (!this.json && terminalOf(this.door.stderr)) this.say(words);
  }

  /** Colours where the result goes to a terminal that has them, and nowhere else. */
  style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.door.stdout });
  }
}
