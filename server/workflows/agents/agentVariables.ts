/**
 * Variables that decide what code runs, or where keys go: of shells, loaders, runtimes and git, of the folders and the
 * programs of agents, and of the addresses that they talk to. No list of them can be whole; what an agent has besides, its
 * setting names.
 */
const EXACT =
  'PATH|PATHEXT|COMSPEC|SYSTEMROOT|WINDIR|HOME|USERPROFILE|APPDATA|LOCALAPPDATA|PROGRAMDATA|SHELL|ENV|BASH_ENV|BASHOPTS|' +
  'SHELLOPTS|ZDOTDIR|IFS|PS4|PROMPT_COMMAND|EDITOR|VISUAL|PAGER|BROWSER|SSH_ASKPASS|SSH_AUTH_SOCK|GCONV_PATH|GLIBC_TUNABLES|' +
  'OPENSSL_CONF|SSL_CERT_FILE|SSL_CERT_DIR|CURL_CA_BUNDLE|REQUESTS_CA_BUNDLE|JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|_JAVA_OPTIONS';
const PREFIXES =
  'LD_|DYLD_|BASH_FUNC_|NODE_(?!ENV$)|NPM_CONFIG_|BUN_|DENO_|PYTHON|PERL|RUBY|GIT_(?!(?:AUTHOR|COMMITTER)_)|XDG_|' +
  'LOCKSTEP_|CLAUDE_|CODEX_|GEMINI_|OPENCODE_|PI_CODING_AGENT_';
const SUFFIXES = '_BASE_URL|_API_BASE|_ENDPOINT|_ENDPOINT_URL|_API_KEY|_AUTH_TOKEN|_OAUTH_TOKEN|_PROXY';
// In any case: Windows knows no other, and proxies are looked for in both.
const OWN = new RegExp(`^(?:(?:${EXACT})$|(?:${PREFIXES})|.*(?:${SUFFIXES})$)`, 'i');

/** Whether a variable is for nobody but the setting of an agent to set: no file may. */
export function isSettingsOwn(name: string): boolean {
  return OWN.test(name);
}
