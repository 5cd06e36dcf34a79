import { importsOf, type SourceFile } from './sourceFiles.ts';

/** The rooms of the server, and the rooms that each may import from, itself apart. */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  domain: ['protocol'],
  platform: ['protocol', 'domain'],
  store: ['protocol', 'domain', 'platform'],
  sources: ['protocol', 'domain', 'platform'],
  locks: ['protocol', 'domain', 'platform', 'store'],
  migration: ['protocol', 'domain', 'platform', 'store', 'sources', 'locks'],
  health: ['protocol', 'domain', 'platform', 'store', 'sources', 'locks'],
  workflows: ['protocol', 'domain', 'platform', 'store', 'locks'],
  methods: [
    'protocol',
    'domain',
    'platform',
    'store',
    'sources',
    'locks',
    'health',
    'migration',
    'workflows',
  ],
  doors: ['protocol', 'platform', 'methods', 'workflows'],
};

/** Files at the top of the server: entry points and the composition root, which may import any room. */
const ENTRY_POINTS: ReadonlySet<string> = new Set([
  'cli.ts',
  'command.ts',
  'main.ts',
  'server.ts',
  'supervisor.ts',
  'version.ts',
]);

const GUEST = 'client/transcript/guest/';

function roomOf(path: string): string | undefined {
  return /^server\/([^/]+)\//.exec(path)?.[1];
}

/** Every way in which the files break the rules of the house, as sentences. */
export function violations(files: readonly SourceFile[]): string[] {
  return [...files.flatMap(violationsOf), ...cycles(files)];
}

function violationsOf(file: SourceFile): string[] {
  const { path } = file;
  const found: string[] = [];
  const say = (imported: string, rule: string) => found.push(`${path} imports ${imported}: ${rule}`);
  const room = roomOf(path);
  if (path.startsWith('server/')) {
    if (room === undefined && !ENTRY_POINTS.has(path.slice('server/'.length))) {
      found.push(`${path} stands in no room`);
    }
    if (room !== undefined && !(room in ROOMS))
      found.push(`${path} stands in a room that is not on the plan`);
  }
  for (const imported of importsOf(file)) {
    if (path.startsWith('server/')) {
      if (imported === 'vscode' || imported.startsWith('vscode-languageclient'))
        say(imported, 'the server knows no VS Code');
      if (imported.startsWith('client/')) say(imported, 'the server does not import the client');
      const target = roomOf(imported);
      if (room !== undefined) {
        const allowed = [room, ...(ROOMS[room] ?? [])];
        if (target !== undefined && !allowed.includes(target))
          say(imported, `${room} may import ${allowed.join(', ')}`);
        if (target === undefined && imported.startsWith('server/'))
          say(imported, 'rooms do not import entry points');
      }
    }
    if (
      path.startsWith('client/') &&
      imported.startsWith('server/') &&
      !imported.startsWith('server/protocol/')
    ) {
      say(imported, 'the client imports server/protocol/ and nothing else of the server');
    }
    if (path.startsWith('client/') && !path.startsWith(GUEST) && imported.startsWith(GUEST))
      say(imported, 'the guest runs in a page of its own: what both need stands outside of it');
    if (!path.startsWith('test/') && imported.startsWith('test/')) say(imported, 'nothing imports test/');
    if (/^(server|client)\//.test(path) && imported.startsWith('scripts/'))
      say(imported, 'nothing imports scripts/');
  }
  if (!path.startsWith('test/')) {
    if (/^export\s*\*|^export\s*(?:type\s*)?\{[^}]*\}\s*from/m.test(file.text))
      found.push(`${path} re-exports: no barrels`);
  }
  return found;
}

function cycles(files: readonly SourceFile[]): string[] {
  const imports = new Map(files.map((file) => [file.path, importsOf(file)]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    const at = trail.indexOf(path);
    if (at !== -1) {
      found.push(`a cycle: ${[...trail.slice(at), path].join(' -> ')}`);
      return;
    }
    if (done.has(path)) return;
    for (const imported of imports.get(path) ?? []) visit(imported, [...trail, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return found;
}
