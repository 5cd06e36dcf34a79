/**
 * What readers of transcripts put into them of their own: who looks for these words has to have all records read. A
 * property test holds that none is missing.
 */
export const OWN_WORDS = [
  'This line is too long to show (MiB).',
  'This line is not JSON:',
  'This line is nested too deeply to show:',
  'This line is not a record of a session:',
  'more parts of this message are not shown.',
  'hidden thinking unknown [image] [picture]',
  'Continues from the beginning of the session. Continues from an earlier entry.',
  'The turn ended with an error. The turn was aborted.',
  'A new conversation begins. The conversation begins anew: the agent no longer knows what is above.',
  'This event is empty, too large to show, no text, compressed and cannot be unpacked.',
  'A newer OpenClaw keeps this session (schema; Lockstep knows): what is new in it is not shown.',
  'This is the branch that OpenClaw continues. Entries of branches that were left are not shown:',
].join(' ');
