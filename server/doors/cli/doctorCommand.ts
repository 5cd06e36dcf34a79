import { defineCommand, option } from './commandSpec.ts';
import { doctor } from './doctor.ts';
import { EXIT } from './exitCodes.ts';
import { flag } from './optionValues.ts';

export const doctorCommand = defineCommand({
  name: 'doctor',
  group: 'Keep and clean',
  summary: 'Tell what is well, what is not, and what to do',
  details: 'Ends with 1 where something is wrong.',
  json: false,
  options: {
    integrity: option('--integrity', 'also read the whole store and verify it', flag),
    json: option('--json', 'print the result as JSON; an error, too', flag),
  },
  examples: [
    { line: 'lockstep doctor', words: 'a look at everything' },
    { line: 'lockstep doctor --integrity', words: 'after a crash of the machine' },
  ],
  async run({ door }, _, options) {
    return (await doctor({ ...door, ...options })) ? EXIT.ok : EXIT.error;
  },
});
