// Put in place of @vscode/spdlog, whose addon is not built: log files, and the Output views that show them, work, and
// no host starts with a stack trace about the missing addon. One file per log, no rotation: a host lives for minutes.
/* oxlint-disable typescript/no-unsafe-assignment, typescript/no-unsafe-call, typescript/no-unsafe-member-access --
   it runs as it is, from a node_modules folder, where Node does not strip types */
const { appendFileSync } = require('node:fs');
const { mkdir } = require('node:fs/promises');
const { dirname } = require('node:path');

const LEVELS = ['trace', 'debug', 'info', 'warning', 'error', 'critical'];
const INFO = 2;

class Logger {
  #file;
  #level = INFO;
  #formatted = true;

  constructor(_type, _name, file) {
    this.#file = file;
  }

  #write(level, message) {
    if (level >= this.#level) {
      const time = new Date().toISOString().replace('T', ' ').replace('Z', '');
      appendFileSync(this.#file, this.#formatted ? `${time} [${LEVELS[level]}] ${message}\n` : message);
    }
  }

  trace = (message) => this.#write(0, message);
  debug = (message) => this.#write(1, message);
  info = (message) => this.#write(2, message);
  warn = (message) => this.#write(3, message);
  error = (message) => this.#write(4, message);
  critical = (message) => this.#write(5, message);
  getLevel = () => this.#level;
  setLevel = (level) => void (this.#level = level);
  setPattern = () => {};
  clearFormatters = () => void (this.#formatted = false);
  flush = () => {};
  drop = () => {};
}

const createLogger = async (name, file) => {
  await mkdir(dirname(file), { recursive: true });
  return new Logger('rotating', name, file);
};

exports.version = 0;
exports.setLevel = () => {};
exports.setFlushOn = () => {};
exports.Logger = Logger;
exports.createRotatingLogger = createLogger;
exports.createAsyncRotatingLogger = createLogger;
