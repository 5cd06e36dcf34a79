import { readFileSync, realpathSync } from 'node:fs';
import { platform } from 'node:os';

/**
 * File system types of Linux that reach over a network or another kernel, as /proc/self/mountinfo names them.
 * SQLite's WAL needs shared memory between all its users, which none of these gives
 * (https://www.sqlite.org/wal.html, "Overview").
 */
const NETWORK_TYPES: ReadonlySet<string> = new Set([
  '9p', // WSL's view of Windows disks
  'afs',
  'beegfs',
  'ceph',
  'cifs',
  'coda',
  'drvfs',
  'fuse.davfs',
  'fuse.gcsfuse',
  'fuse.glusterfs',
  'fuse.rclone',
  'fuse.s3fs',
  'fuse.sshfs',
  'gfs2',
  'gpfs',
  'lustre',
  'ncpfs',
  'nfs',
  'nfs4',
  'ocfs2',
  'prl_fs',
  'smb3',
  'smbfs',
  'vboxsf',
  'vmhgfs',
]);

/** Tells what kind of file system holds a path; passed in, so that tests can stand in for a network. */
export interface FileSystemProbe {
  /** The name of the network file system that holds `path`, or undefined where it is local or cannot be told. */
  networkType(path: string): string | undefined;
}

export const systemFileSystem: FileSystemProbe = {
  networkType(path) {
    if (platform() === 'win32') return /^(?:\\\\|\/\/)(?![.?][\\/])/.test(path) ? 'UNC path' : undefined;
    if (platform() !== 'linux') return undefined;
    try {
      const type = mountTypeOf(realpathSync(path), readFileSync('/proc/self/mountinfo', 'utf8'));
      return type !== undefined && NETWORK_TYPES.has(type) ? type : undefined;
    } catch {
      return undefined; // no /proc or no such path: opening the file will tell
    }
  },
};

/**
 * The type of the mount that holds `path`: the longest mount point above it, the last one where several are stacked.
 * Format of mountinfo: proc_pid_mountinfo(5); blanks in mount points are written as `\040`.
 */
export function mountTypeOf(path: string, mountinfo: string): string | undefined {
  let longest = -1;
  let found: string | undefined;
  for (const line of mountinfo.split('\n')) {
    const [before, after] = line.split(' - ');
    const mountPoint = before
      ?.split(' ')[4]
      ?.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    const type = after?.split(' ')[0];
    if (mountPoint === undefined || type === undefined) continue;
    const holds = path === mountPoint || path.startsWith(mountPoint === '/' ? '/' : `${mountPoint}/`);
    if (holds && mountPoint.length >= longest) {
      longest = mountPoint.length;
      found = type;
    }
  }
  return found;
}
