// SPDX-License-Identifier: Apache-2.0
#include "daemon/protection.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <array>
#include <csignal>
#include <cstddef>

namespace switchhook::daemon {
namespace {

// The leak checker looks into its own process as a debugger does.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kChecked = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kChecked = true;
#else
constexpr bool kChecked = false;
#endif
#else
constexpr bool kChecked = false;
#endif

}  // namespace

void protect_process() {
  // A limit of file sizes is an error of a write, no reason to die; nor is a wrong kill(1).
  for (const int number :
       {SIGPIPE, SIGXFSZ, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGPOLL})
    std::signal(number, SIG_IGN);
  for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) std::signal(number, SIG_IGN);
  const rlimit none{};
  static_cast<void>(::setrlimit(RLIMIT_CORE, &none));
  if (!kChecked) static_cast<void>(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
}

void confine_provider() {
  if (kChecked) return;
  static_cast<void>(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
#if defined(__x86_64__) || defined(__aarch64__)
#if defined(__x86_64__)
  constexpr unsigned kArchitecture = AUDIT_ARCH_X86_64;
#else
  constexpr unsigned kArchitecture = AUDIT_ARCH_AARCH64;
#endif
  // What it would take to become something else, or to reach others. Refused with EPERM, so that a
  // library that only tries goes on.
  constexpr std::array kForbidden {
    SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp,
        SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_setns, SYS_unshare, SYS_init_module,
        SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_bpf, SYS_perf_event_open,
        SYS_keyctl, SYS_add_key, SYS_request_key, SYS_setuid, SYS_setgid, SYS_setresuid,
        SYS_setresgid, SYS_setgroups, SYS_capset, SYS_reboot, SYS_swapon, SYS_swapoff,
        SYS_settimeofday, SYS_clock_settime, SYS_sethostname, SYS_unlinkat, SYS_linkat,
        SYS_symlinkat, SYS_mkdirat, SYS_renameat2, SYS_fchmodat, SYS_fchownat, SYS_truncate,
        SYS_mknodat, SYS_io_uring_setup, SYS_openat2,
#if defined(__x86_64__)
        SYS_unlink, SYS_link, SYS_symlink, SYS_mkdir, SYS_rmdir, SYS_rename, SYS_renameat,
        SYS_chmod, SYS_chown, SYS_creat, SYS_mknod,
#endif
  };
  constexpr auto load = [](std::size_t from) {
    return sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<unsigned>(from)};
  };
  constexpr auto give = [](unsigned what) { return sock_filter{BPF_RET | BPF_K, 0, 0, what}; };
  // Files are opened to be read alone: of the flags, those that let write, make or empty one.
  constexpr unsigned kWriting = O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
#if defined(__x86_64__)
  constexpr unsigned kOpen = SYS_open;
#else
  constexpr unsigned kOpen = SYS_openat;  // there is no other
#endif
  constexpr auto jump_if = [](unsigned value, std::size_t over, std::size_t otherwise = 0) {
    return sock_filter{BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned char>(over),
                       static_cast<unsigned char>(otherwise), value};
  };
  constexpr std::size_t kTail = 10;  // what follows the list
  std::array<sock_filter, 4 + kForbidden.size() + kTail> program{};
  std::size_t at = 0;
  const auto add = [&](sock_filter next) { program[at++] = next; };
  add(load(offsetof(seccomp_data, arch)));
  add(jump_if(kArchitecture, 1));
  add(give(SECCOMP_RET_ERRNO | 1));  // another architecture's calls have other numbers
  add(load(offsetof(seccomp_data, nr)));
  for (std::size_t i = 0; i < kForbidden.size(); ++i)
    add(jump_if(static_cast<unsigned>(kForbidden[i]), kForbidden.size() - i - 1 + kTail - 1));
  add(jump_if(SYS_openat, 2));
  add(jump_if(kOpen, 3));
  add(give(SECCOMP_RET_ALLOW));
  add(load(offsetof(seccomp_data, args[2])));
  add({BPF_JMP | BPF_JA, 0, 0, 1});
  add(load(offsetof(seccomp_data, args[1])));
  add({BPF_ALU | BPF_AND | BPF_K, 0, 0, kWriting});
  add(jump_if(0, 0, 1));
  add(give(SECCOMP_RET_ALLOW));
  add(give(SECCOMP_RET_ERRNO | 1));  // EPERM
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  static_cast<void>(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0));
#endif
}

}  // namespace switchhook::daemon
