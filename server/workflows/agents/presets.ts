/** The agents that Lockstep knows the output of. */
export const PRESETS = ['claude', 'codex', 'gemini', 'pi', 'opencode'] as const;
export type Preset = (typeof PRESETS)[number];

/** How an agent's command line tool is run without a person. */
export interface PresetAgent {
  /** Its program and what makes it print its stream; the `args` of the setting come after them. */
  readonly command: readonly [string, ...string[]];
  /** Where the agent looks for keys and for its own folders: passed on where they are set. */
  readonly passEnv: readonly string[];
  /**
   * Not yet held against streams that the real program wrote of success, error, limit and cancel
   * (test/server/workflows/agents/streams/recorded/).
   */
  readonly experimental: boolean;
}

/**
 * All of them read the prompt from standard input: an argument may be at most 128 KiB long, would show in the list of
 * processes, and would be taken for an option where it begins with a dash. None is given a flag that lifts its own
 * questions or its sandbox: that is for the `args` of the setting to say.
 */
export const PRESET_AGENTS: Readonly<Record<Preset, PresetAgent>> = {
  claude: {
    command: ['claude', '-p', '--output-format', 'stream-json', '--verbose'],
    passEnv: [
      'ANTHROPIC_API_KEY',
      'ANTHROPIC_AUTH_TOKEN',
      'ANTHROPIC_BASE_URL',
      'CLAUDE_CODE_OAUTH_TOKEN',
      'CLAUDE_CONFIG_DIR',
    ],
    experimental: false,
  },
  codex: {
    command: ['codex', 'exec', '--json'],
    passEnv: ['CODEX_API_KEY', 'CODEX_HOME', 'OPENAI_API_KEY', 'OPENAI_BASE_URL'],
    experimental: false,
  },
  gemini: {
    command: ['gemini', '--output-format', 'stream-json'],
    passEnv: [
      'GEMINI_API_KEY',
      'GEMINI_CLI_TRUST_WORKSPACE',
      'GOOGLE_API_KEY',
      'GOOGLE_CLOUD_LOCATION',
      'GOOGLE_CLOUD_PROJECT',
      'GOOGLE_GEMINI_BASE_URL',
      'GOOGLE_GENAI_USE_VERTEXAI',
    ],
    experimental: false,
  },
  pi: {
    command: ['pi', '--mode', 'json'],
    passEnv: [
      'ANTHROPIC_API_KEY',
      'GEMINI_API_KEY',
      'OPENAI_API_KEY',
      'OPENROUTER_API_KEY',
      'PI_CODING_AGENT_DIR',
      'PI_OFFLINE',
    ],
    experimental: false,
  },
  opencode: {
    command: ['opencode', 'run', '--format', 'json'],
    passEnv: [
      'ANTHROPIC_API_KEY',
      'GEMINI_API_KEY',
      'OPENAI_API_KEY',
      'OPENCODE_CONFIG',
      'OPENCODE_CONFIG_DIR',
      'OPENROUTER_API_KEY',
      'XDG_CONFIG_HOME',
      'XDG_DATA_HOME',
      'XDG_STATE_HOME',
    ],
    experimental: false,
  },
};
