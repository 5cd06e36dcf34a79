export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Where lines of the log go: a door's choice. Passed in, never reached for. */
export interface Logger {
  log(level: LogLevel, message: string, facts?: Readonly<Record<string, unknown>>): void;
}

const ORDER: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** One line per entry, `<time> <level> <message> <facts as JSON>`, to `write`; nothing below `least`, or at all. */
export function lineLogger(write: (line: string) => void, least: LogLevel | undefined): Logger {
  return {
    log(level, message, facts) {
      if (least === undefined || ORDER.indexOf(level) < ORDER.indexOf(least)) return;
      const details = facts === undefined ? '' : ` ${JSON.stringify(facts)}`;
      write(`${new Date().toISOString()} ${level} ${message}${details}\n`);
    },
  };
}
