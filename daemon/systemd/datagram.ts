import { getSystemErrorName } from "node:util";
import koffi from "koffi";

/**
 * Sends one datagram to a Unix socket, which Node cannot: its `dgram` knows UDP only. Linux's layout of `sockaddr_un`.
 * Never waits: a receiver whose queue is full is EAGAIN.
 * @param address a path, or `@name` for the abstract namespace
 * @throws an error with `code` and `syscall`, like Node's own
 */
export function sendDatagram(address: string, text: string): void {
  const socket = check("socket", c.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  try {
    const bytes = Buffer.from(text);
    const to = socketAddress(address);
    check("sendto", c.sendto(socket, bytes, bytes.length, MSG_NOSIGNAL | MSG_DONTWAIT, to, to.length));
  } finally {
    c.close(socket);
  }
}

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
/** `sizeof(sun_path)`. */
const MAX_PATH = 108;

const lib = koffi.load(null);
const c = {
  socket: lib.func("int socket(int domain, int type, int protocol)") as (domain: number, type: number, protocol: number) => number,
  sendto: lib.func("long sendto(int fd, const void *bytes, size_t length, int flags, const void *to, unsigned int toLength)") as (
    fd: number,
    bytes: Buffer,
    length: number,
    flags: number,
    to: Buffer,
    toLength: number,
  ) => number,
  close: lib.func("int close(int fd)") as (fd: number) => number,
};

/** The family in the machine's own byte order, then the path with its NUL, or NUL and the abstract name without one. */
function socketAddress(address: string): Buffer {
  const family = Buffer.from(new Uint16Array([AF_UNIX]).buffer);
  const path = Buffer.from(address.startsWith("@") ? `\0${address.slice(1)}` : `${address}\0`);
  if (path.length > MAX_PATH) throw failure("ENAMETOOLONG", "sendto");
  return Buffer.concat([family, path]);
}

function check(syscall: string, result: number): number {
  if (result >= 0) return result;
  throw failure(getSystemErrorName(-koffi.errno()), syscall);
}

function failure(code: string, syscall: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${syscall}`), { code, syscall });
}
