// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the protocol needs from the operating system beside sockets: who a peer is, where a user's
// socket is, what may be trusted, and how a daemon is started. One .cpp per operating system; no
// other file of this folder knows which it is. On Windows there is only the client half, and only
// TCP to a service elsewhere. Threads: any.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "switchhook/error.hpp"

namespace switchhook::rpc::platform {

/// The environment variable's value; empty when unset or when this program runs with rights that
/// its caller does not have.
[[nodiscard]] std::string environment(const char* name);

/// This program's name, without its folder. Never empty.
[[nodiscard]] std::string program_name();
[[nodiscard]] std::uint32_t process_id();
[[nodiscard]] std::uint32_t user_id();
/// The account's name, or its number when it has none.
[[nodiscard]] std::string user_name(std::uint32_t user);

/// Folder of the user's own daemon: $XDG_RUNTIME_DIR/switchhook, or /tmp/switchhook-<uid>.
[[nodiscard]] std::string user_directory();
/// Socket of the user's own daemon, in user_directory().
[[nodiscard]] std::string user_socket();
/// Socket of the machine's daemon: SWITCHHOOK_SYSTEM_SOCKET, or /run/switchhook/switchhook.sock.
[[nodiscard]] std::string system_socket();

/// Whether the folder is there, is this user's, and nobody else can get in.
/// Errors: not_found; denied, naming what is wrong with it.
[[nodiscard]] Result<void> check_private_directory(const std::string& path);
/// The same, and makes it if it is not there.
[[nodiscard]] Result<void> make_private_directory(const std::string& path);

/// Who is at the other end of a local socket.
struct Peer {
  std::uint32_t process = 0;  ///< 0 = not visible from here
  std::uint32_t user = 0;
};
[[nodiscard]] std::optional<Peer> peer_of(int socket);
/// A descriptor that becomes readable when the peer's process is gone; -1 when there is none.
/// Ownership: the caller's.
[[nodiscard]] int watch_of(int socket, const Peer& peer);

/// Sends what can be sent at once. 0 = nothing now; -1 = never again.
[[nodiscard]] std::ptrdiff_t send_now(std::intptr_t socket, const void* data, std::size_t size);
/// The socket is not handed on to programs that this one starts.
void keep_from_children(std::intptr_t socket);
/// An unanswered TCP peer is given up after this time.
void set_tcp_user_timeout(std::intptr_t socket, std::chrono::milliseconds timeout);

/// A secret that only its owner can read. Errors: not_found, denied (others may read it), failed.
[[nodiscard]] Result<std::string> read_secret(const std::string& path);
/// Writes a new one, readable by its owner only. Errors: failed.
[[nodiscard]] Result<void> write_secret(const std::string& path, const std::string& secret);
/// 256 random bits in hexadecimal digits. Errors: failed.
[[nodiscard]] Result<std::string> make_secret();

/// While it lives, signals are not delivered to this thread; threads started meanwhile keep that.
class SignalShield {
 public:
  SignalShield();
  ~SignalShield();
  SignalShield(const SignalShield&) = delete;
  SignalShield& operator=(const SignalShield&) = delete;

 private:
  alignas(8) unsigned char before_[128] = {};  ///< the system's own set
};

/// A lock in the file system, held while the object lives and the process does.
class FileLock {
 public:
  FileLock() = default;
  ~FileLock();
  FileLock(FileLock&& other) noexcept : file_(other.file_) { other.file_ = -1; }
  FileLock& operator=(FileLock&&) = delete;

  /// Errors: timed_out: somebody else holds it; failed; denied.
  [[nodiscard]] static Result<FileLock> take(const std::string& path,
                                             std::chrono::milliseconds wait);
  /// For a child process: it holds the lock, too, as long as it has this open.
  [[nodiscard]] int descriptor() const { return file_; }

 private:
  int file_ = -1;  // (owned)
};

/// The program at this path with all links resolved, if nobody but this user and root can have put it
/// there: each folder on the way belongs to one of them, and no other can write to it.
/// Errors: not_found; denied, naming the folder.
[[nodiscard]] Result<std::string> trusted_program(const std::string& path);
/// Where the daemon that belongs to a library, or to a program, may be: in its own prefix, or in its
/// own build tree.
[[nodiscard]] std::vector<std::string> places_of_daemon(const std::string& library);

/// Starts the user's own daemon and waits until it says that it is ready. It outlives this process.
/// @param directory  the user's, where its log goes
/// Errors: not_found: no program; denied: it could be a stranger's; failed, timed_out: with what it said.
[[nodiscard]] Result<void> start_user_daemon(const std::string& directory,
                                             std::chrono::milliseconds wait);

}  // namespace switchhook::rpc::platform
